package block_test

import (
	"maps"
	"strings"
)

// valueCase is an encoded value and the error that it must give.
type valueCase struct {
	b    string
	want error
}

// valueCases are values and what is nearly one, by name.
func valueCases() map[string]valueCase {
	all := map[string]valueCase{}
	for _, cases := range []map[string]valueCase{simpleCases, stringCases, containerCases, linkCases, nestedCases} {
		maps.Copy(all, cases)
	}
	return all
}

// valueFaults puts each value into an act.
func valueFaults() (fs faults) {
	for name, c := range valueCases() {
		if c.b == "\x01\x01" || c.b == "" {
			continue // would be read as other parts of the act
		}
		fs.add("value "+name, value(raw(c.b)), c.want)
	}
	return fs
}

// simpleCases are integers, floats and simple values.
var simpleCases = map[string]valueCase{
	"null":                      {"\xf6", nil},
	"false":                     {"\xf4", nil},
	"true":                      {"\xf5", nil},
	"undefined":                 {"\xf7", bad},
	"simple 0":                  {"\xe0", bad},
	"simple 19":                 {"\xf3", bad},
	"simple 24":                 {"\xf8\x18", bad},
	"simple 32":                 {"\xf8\x20", bad},
	"simple false in two bytes": {"\xf8\x14", bad},
	"break":                     {"\xff", bad},
	"empty":                     {"", bad},
	"0":                         {"\x00", nil},
	"23":                        {"\x17", nil},
	"24":                        {"\x18\x18", nil},
	"23 in two":                 {"\x18\x17", bad},
	"255":                       {"\x18\xff", nil},
	"256":                       {"\x19\x01\x00", nil},
	"255 in three":              {"\x19\x00\xff", bad},
	"65535":                     {"\x19\xff\xff", nil},
	"65536":                     {"\x1a\x00\x01\x00\x00", nil},
	"65535 in five":             {"\x1a\x00\x00\xff\xff", bad},
	"2^32-1":                    {"\x1a\xff\xff\xff\xff", nil},
	"2^32":                      {"\x1b\x00\x00\x00\x01\x00\x00\x00\x00", nil},
	"2^32-1 in nine":            {"\x1b\x00\x00\x00\x00\xff\xff\xff\xff", bad},
	"2^31":                      {"\x1a\x80\x00\x00\x00", nil},
	"2^53":                      {"\x1b\x00\x20\x00\x00\x00\x00\x00\x00", nil},
	"2^63":                      {"\x1b\x80\x00\x00\x00\x00\x00\x00\x00", nil},
	"2^64-1":                    {"\x1b\xff\xff\xff\xff\xff\xff\xff\xff", nil},
	"-1":                        {"\x20", nil},
	"-24 in two":                {"\x38\x17", bad},
	"-2^31":                     {"\x3a\x7f\xff\xff\xff", nil},
	"-2^63":                     {"\x3b\x7f\xff\xff\xff\xff\xff\xff\xff", nil},
	"-2^63-1":                   {"\x3b\x80\x00\x00\x00\x00\x00\x00\x00", bad},
	"-2^64":                     {"\x3b\xff\xff\xff\xff\xff\xff\xff\xff", bad},
	"reserved head":             {"\x1c", bad},
	"reserved head 28, long":    {"\x1c" + strings.Repeat("\x00", 16), bad},
	"reserved head 29, long":    {"\x1d" + strings.Repeat("\x00", 32), bad},
	"reserved head 30, long":    {"\x1e" + strings.Repeat("\x00", 64), bad},
	"indefinite int, long":      {"\x1f" + strings.Repeat("\x00", 128), bad},
	"indefinite text, long":     {"\x7f" + strings.Repeat("\x00", 128), bad},
	"reserved head 30":          {"\x1e", bad},
	"int of indefinite length":  {"\x1f", bad},
	"cut head":                  {"\x19\x01", bad},
	"cut head of eight":         {"\x1b\x01\x00\x00\x00\x00\x00\x00", bad},
	"half":                      {"\xf9\x3c\x00", bad},
	"single":                    {"\xfa\x3f\x80\x00\x00", bad},
	"double":                    {"\xfb\x3f\xf8\x00\x00\x00\x00\x00\x00", nil},
	"double 1":                  {"\xfb\x3f\xf0\x00\x00\x00\x00\x00\x00", nil},
	"-0":                        {"\xfb\x80\x00\x00\x00\x00\x00\x00\x00", nil},
	"greatest":                  {"\xfb\x7f\xef\xff\xff\xff\xff\xff\xff", nil},
	"subnormal":                 {"\xfb\x00\x00\x00\x00\x00\x00\x00\x01", nil},
	"inf":                       {"\xfb\x7f\xf0\x00\x00\x00\x00\x00\x00", bad},
	"-inf":                      {"\xfb\xff\xf0\x00\x00\x00\x00\x00\x00", bad},
	"NaN":                       {"\xfb\x7f\xf8\x00\x00\x00\x00\x00\x00", bad},
	"NaN with payload":          {"\xfb\x7f\xf0\x00\x00\x00\x00\x00\x01", bad},
	"-NaN":                      {"\xfb\xff\xff\xff\xff\xff\xff\xff\xff", bad},
	"cut double":                {"\xfb\x00\x00\x00\x00\x00\x00\x00", bad},
	"half NaN":                  {"\xf9\x7e\x00", bad},
	"half inf":                  {"\xf9\x7c\x00", bad},
	"single NaN":                {"\xfa\x7f\xc0\x00\x00", bad},
}

// stringCases are texts and byte strings.
var stringCases = map[string]valueCase{
	"bytes":                      {"\x43\x00\xff\x80", nil},
	"no bytes":                   {"\x40", nil},
	"bytes cut":                  {"\x42\x00", bad},
	"bytes of indefinite length": {"\x5f\x41\x00\xff", bad},
	"text of indefinite length":  {"\x7f\x61a\xff", bad},
	"array of indefinite length": {"\x9f\xff", bad},
	"map of indefinite length":   {"\xbf\xff", bad},
	"text":                       {"\x62\xc3\xa9", nil},
	"no text":                    {"\x60", nil},
	"NUL":                        {"\x61\x00", nil},
	"BOM":                        {"\x63\xef\xbb\xbf", nil},
	"overlong":                   {"\x62\xc0\x80", bad},
	"surrogate":                  {"\x63\xed\xa0\x80", bad},
	"pair of surrogates":         {"\x66\xed\xa0\xbd\xed\xb8\x80", bad},
	"above U+10FFFF":             {"\x64\xf4\x90\x80\x80", bad},
	"cut rune":                   {"\x61\xc3", bad},
	"text length in two":         {"\x78\x01a", bad},
}

// containerCases are arrays and maps.
var containerCases = map[string]valueCase{
	"no map":                {"\xa0", nil},
	"map":                   {"\xa2\x61b\x01\x62aa\x02", nil},
	"map, key twice":        {"\xa2\x61b\x01\x61b\x02", bad},
	"map, unsorted":         {"\xa2\x61b\x01\x61a\x02", bad},
	"map, longer first":     {"\xa2\x62aa\x01\x61b\x02", bad},
	"map, empty key":        {"\xa1\x60\x01", nil},
	"map, empty key second": {"\xa2\x61a\x01\x60\x01", bad},
	"map, key twice empty":  {"\xa2\x60\x01\x60\x01", bad},
	"map, key int":          {"\xa1\x01\x01", bad},
	"map, key bytes":        {"\xa1\x41a\x01", bad},
	"map, key null":         {"\xa1\xf6\x01", bad},
	"map without value":     {"\xa1\x61a", bad},
	"map count in two":      {"\xb8\x01\x61a\x01", bad},
	"map, key not UTF-8":    {"\xa1\x61\xff\x01", bad},
	"map, key of 4096":      {"\xa1\x79\x10\x00" + strings.Repeat("k", 4096) + "\x01", nil},
	"map, key of 4097":      {"\xa1\x79\x10\x01" + strings.Repeat("k", 4097) + "\x01", limit},
	"no array":              {"\x80", nil},
	"array":                 {"\x83\x01\x80\xa0", nil},
	"array cut":             {"\x82\x01", bad},
	"array count in two":    {"\x98\x01\x01", bad},
}

// digest is that of a link.
const digest = "0123456789abcdef0123456789abcdef"

// linkCases are links and tags.
var linkCases = map[string]valueCase{
	"link":               {"\xd8\x2a\x58\x25\x00\x01\x71\x12\x20" + digest, nil},
	"link to content":    {"\xd8\x2a\x58\x25\x00\x01\x55\x12\x20" + digest, nil},
	"link with zeros":    {"\xd8\x2a\x58\x25\x00\x01\x55\x12\x20" + strings.Repeat("\x00", 32), nil},
	"link to dag-pb":     {"\xd8\x2a\x58\x25\x00\x01\x70\x12\x20" + digest, bad},
	"link by sha3":       {"\xd8\x2a\x58\x25\x00\x01\x71\x16\x20" + digest, bad},
	"link without 00":    {"\xd8\x2a\x58\x24\x01\x71\x12\x20" + digest, bad},
	"link with 01":       {"\xd8\x2a\x58\x25\x01\x01\x71\x12\x20" + digest, bad},
	"link of CIDv0":      {"\xd8\x2a\x58\x23\x00\x12\x20" + digest, bad},
	"link by identity":   {"\xd8\x2a\x46\x00\x01\x71\x00\x01a", bad},
	"link, codec in two": {"\xd8\x2a\x58\x26\x00\x01\xf1\x00\x12\x20" + digest, bad},
	"link, cut digest":   {"\xd8\x2a\x58\x24\x00\x01\x71\x12\x1f" + digest[1:], bad},
	"link and more":      {"\xd8\x2a\x58\x26\x00\x01\x71\x12\x20" + digest + "x", bad},
	"link cut":           {"\xd8\x2a\x58\x25\x00\x01\x71\x12\x20" + digest[1:], bad},
	"link, long tag":     {"\xd9\x00\x2a\x58\x25\x00\x01\x71\x12\x20" + digest, bad},
	"link of text":       {"\xd8\x2a\x78\x25\x00\x01\x71\x12\x20" + digest, bad},
	"link, long length":  {"\xd8\x2a\x59\x00\x25\x00\x01\x71\x12\x20" + digest, bad},
	"link twice tagged":  {"\xd8\x2a\xd8\x2a\x58\x25\x00\x01\x71\x12\x20" + digest, bad},
	"tag 0":              {"\xc0\x61a", bad},
	"tag 1":              {"\xc1\x01", bad},
	"bignum":             {"\xc2\x41\x01", bad},
	"negative bignum":    {"\xc3\x41\x01", bad},
	"tag 43":             {"\xd8\x2b\x41\x00", bad},
	"self-described":     {"\xd9\xd9\xf7\x01", bad},
	"two values":         {"\x01\x01", bad},
}

// nest returns n times open, and inner.
func nest(open string, n int, inner string) string { return strings.Repeat(open, n) + inner }

// nestedCases are deep values and counts that promise too much.
var nestedCases = map[string]valueCase{
	"32 arrays":        {nest("\x81", 32, "\x01"), nil},
	"33 arrays":        {nest("\x81", 33, "\x01"), limit},
	"33rd empty":       {nest("\x81", 32, "\x80"), limit},
	"32 maps":          {nest("\xa1\x61a", 32, "\x01"), nil},
	"33 maps":          {nest("\xa1\x61a", 33, "\x01"), limit},
	"32 and link":      {nest("\x81", 32, "\xd8\x2a\x58\x25\x00\x01\x71\x12\x20"+digest), nil},
	"32 maps and link": {nest("\xa1\x61a", 32, "\xd8\x2a\x58\x25\x00\x01\x55\x12\x20"+digest), nil},
	"many, flat":       {"\x99\x10\x00" + strings.Repeat("\x80", 4096), nil},
	"bomb, array":      {"\x9b\x7f\xff\xff\xff\xff\xff\xff\xff", bad},
	"bomb, map":        {"\xbb\x30\x30\x30\x30\x30\x30\x30\x30", bad},
	"bomb, bytes":      {"\x5b\xff\xff\xff\xff\xff\xff\xff\xff", bad},
	"bomb, text":       {"\x7a\xff\xff\xff\xff", bad},
	"bomb, 2^20":       {"\x9a\x00\x10\x00\x00", bad},
	"bomb, nested":     {nest("\x9a\x00\x00\xff\xff", 20, ""), bad},
}
