package authorship_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
)

// seen is a view, and what answers that are asked of more than it need.
type seen struct {
	t       *testing.T
	v       *crdt.View
	changes []cid.Cid
	keys    []crdt.Author
	other   *crdt.View // of a work that is quoted
	parts   []crdt.Part
	texts   []crdt.Text
}

// see is what a view of a work like that of [fullWork] is asked.
func see(t *testing.T, v, other *crdt.View) *seen {
	body := v.Text("body")
	s := &seen{t: t, v: v, other: other, texts: []crdt.Text{body, body.Slice(body.Len()/3, body.Len()/2), v.Text("none")}}
	s.parts = []crdt.Part{body, s.texts[1], v.Map("oven"), v.List("steps"), v.Tree("beds"), v.Set("tools"), v.Counter("rows")}
	for c := range v.History() {
		s.changes = append(s.changes, c.ID)
		if !slices.Contains(s.keys, c.Author) {
			s.keys = append(s.keys, c.Author)
		}
	}
	slices.SortFunc(s.changes, func(a, b cid.Cid) int { return strings.Compare(a.KeyString(), b.KeyString()) })
	slices.SortFunc(s.keys, func(a, b crdt.Author) int { return slices.Compare(a[:], b[:]) })
	return s
}

// plain is an answer as text.
func (s *seen) plain(list ...any) string {
	s.t.Helper()
	b, err := json.Marshal(list)
	must(s.t, err)
	for _, x := range list {
		if str, ok := x.(fmt.Stringer); ok {
			b = fmt.Append(b, "\n", str)
		}
	}
	return string(b)
}

// all is what a function answers of each of a list.
func all[T, A any](s *seen, list []T, f func(T) A) string {
	s.t.Helper()
	var b strings.Builder
	for _, x := range list {
		b.WriteString(s.plain(f(x)) + "\n")
	}
	return b.String()
}

// questions is every function of the package that answers something about a view, or a
// part of one.
var questions = map[string]func(*seen) string{
	"Asked": func(s *seen) string {
		return all(s, s.keys, func(k crdt.Author) []authorship.Decision { return slices.Collect(authorship.Asked(s.v, k)) })
	},
	"Biographies": func(s *seen) string { return all(s, s.texts, authorship.Biographies) },
	"Blame": func(s *seen) string {
		return all(s, s.texts, func(x crdt.Text) []authorship.Span { return slices.Collect(authorship.Blame(x)) }) +
			all(s, s.texts, func(x crdt.Text) []authorship.Span {
				return slices.Collect(authorship.Blame(x, authorship.Works(s.other)))
			})
	},
	"CharterOf": func(s *seen) string {
		c, err := authorship.CharterOf(s.v)
		must(s.t, err)
		return s.plain(c)
	},
	"ContributorsOf": func(s *seen) string { return s.plain(authorship.ContributorsOf(s.v)) },
	"Credits":        func(s *seen) string { return s.plain(authorship.Credits(s.v)) },
	"CreditsOf": func(s *seen) string {
		return all(s, s.parts, func(p crdt.Part) []authorship.Credit { return authorship.CreditsOf(p) })
	},
	"Decisions": func(s *seen) string {
		list := slices.Collect(authorship.Decisions(s.v))
		return s.plain(list) + fmt.Sprint(list)
	},
	"Deleted":     func(s *seen) string { return all(s, s.texts, authorship.Deleted) },
	"Derivations": func(s *seen) string { return s.plain(authorship.Derivations(s.v)) },
	"Epochs":      func(s *seen) string { return s.plain(slices.Collect(authorship.Epochs(s.v))) },
	"Explain": func(s *seen) string {
		return all(s, s.changes, func(c cid.Cid) authorship.Verdict {
			x, err := authorship.Explain(s.v, c)
			must(s.t, err)
			return x
		})
	},
	"FreedBy": func(s *seen) string {
		return all(s, s.changes, func(c cid.Cid) []cid.Cid { return authorship.FreedBy(s.v, c) })
	},
	"Heat":        func(s *seen) string { return all(s, s.texts, authorship.Heat) },
	"Hidden":      func(s *seen) string { return s.plain(slices.Collect(authorship.Hidden(s.v))) },
	"Imports":     func(s *seen) string { return s.plain(authorship.Imports(s.v)) },
	"Ineffective": func(s *seen) string { return s.plain(slices.Collect(authorship.Ineffective(s.v))) },
	"Late":        func(s *seen) string { return s.plain(authorship.Late(s.v)) },
	"Measures":    func(s *seen) string { return s.plain(authorship.Measures(s.v)) },
	"MeasuresOf": func(s *seen) string {
		return all(s, s.parts, func(p crdt.Part) []authorship.Measure { return authorship.MeasuresOf(p) })
	},
	"Members": func(s *seen) string { return s.plain(slices.Collect(authorship.Members(s.v))) },
	"Name": func(s *seen) string {
		return all(s, s.keys, func(k crdt.Author) string { return authorship.Name(s.v, k) })
	},
	"Notice": func(s *seen) string {
		n := authorship.Notice(s.v)
		prov, err := n.PROV()
		must(s.t, err)
		reuse, err := n.REUSE()
		return s.plain(n, authorship.Notice(s.v, authorship.ByName(), authorship.AtLeast(3), authorship.Proving(authorship.Works(s.other)))) +
			strings.Join([]string{n.AuthorList(), n.Citation(), n.HTML(), n.Markdown(), n.Text(), n.Snippets(), string(prov), reuse, fmt.Sprint(err, n.LicenceFiles())}, "\n")
	},
	"Outbound":   func(s *seen) string { return s.plain(authorship.Outbound(s.v)) },
	"OutboundOf": func(s *seen) string { return all(s, s.parts, authorship.OutboundOf) },
	"PortfolioOf": func(s *seen) string {
		return all(s, s.keys, func(k crdt.Author) *authorship.Portfolio {
			p := authorship.PortfolioOf(k, s.v)
			for i := range p.Works {
				s.keyProofs(p.Works[i].Keys)
				p.Works[i].Keys = nil // a replica has the signatures that it has met
			}
			return p
		})
	},
	"Proposals": func(s *seen) string {
		list := slices.Collect(authorship.Proposals(s.v))
		return s.plain(list) + fmt.Sprint(list)
	},
	"ProveQuote": func(s *seen) string {
		return all(s, s.texts, func(x crdt.Text) []string {
			proofs, err := authorship.ProveQuote(x)
			must(s.t, err)
			var out []string
			for _, p := range proofs {
				out = append(out, fmt.Sprint(p.ID(), p.Author(), p.Offset, p.Text, authorship.VerifyQuote(p)))
			}
			return out
		})
	},
	"RoleOf": func(s *seen) string {
		return all(s, s.keys, func(k crdt.Author) authorship.Role { return authorship.RoleOf(s.v, k) })
	},
	"Terms": func(s *seen) string { return s.plain(authorship.Terms(s.v)) },
	"Verify": func(s *seen) string {
		return s.plain(authorship.Verify(s.v), authorship.Verify(s.v, authorship.Witness(func(a authorship.Anchor) bool { return a.Kind == "rfc3161" })))
	},
	"Withheld": func(s *seen) string { return all(s, s.parts, authorship.Withheld) },
}

// keyProofs fails unless these prove what they say.
func (s *seen) keyProofs(list []authorship.KeyProof) {
	s.t.Helper()
	if len(list) == 0 {
		s.t.Error("no proof of a key")
	}
	for _, p := range list {
		if err := p.Verify(); err != nil {
			s.t.Errorf("proof of %s: %v", p.Key, err)
		}
	}
}

// TestQuestions: the list of questions has every function of the package that takes a
// view or a part of one and writes nothing.
func TestQuestions(t *testing.T) {
	files, err := filepath.Glob("*.go")
	must(t, err)
	var want []string
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		must(t, err)
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.IsExported() && asks(fn.Type.Params) {
				want = append(want, fn.Name.Name)
			}
		}
	}
	slices.Sort(want)
	if got := slices.Sorted(maps.Keys(questions)); !slices.Equal(got, want) {
		t.Errorf("questions\n%q\nthe package has\n%q", got, want)
	}
}

// asks tells whether the parameters of a function are those of a question: a view, a text
// or a part, nothing that writes, and something that is said of them.
func asks(params *ast.FieldList) bool {
	view, only := false, true
	for _, p := range params.List {
		x := p.Type
		if e, ok := x.(*ast.Ellipsis); ok {
			if len(params.List) == 1 {
				return false // Works: evidence and no answer
			}
			x = e.Elt
		}
		if s, ok := x.(*ast.StarExpr); ok {
			x = s.X
		}
		sel, ok := x.(*ast.SelectorExpr)
		if !ok {
			continue
		}
		switch sel.Sel.Name {
		case "View", "Text", "Part":
			view = true
		case "Tx", "TextTx", "Signer":
			only = false
		}
	}
	return view && only
}

// fullWork is a work in which there is something to answer to every question, and
// another work that it quotes.
func fullWork(t *testing.T) (k *council, other *crdt.Doc) {
	k = eventful(t)
	other = signedWork(t, "Gil", "Song", terms, "Bread and roses. ")
	edit(t, k.ann, func(tx *crdt.Tx) {
		tx.Map("oven").Put("heat", 220)
		tx.List("steps").Insert(0, "knead", "bake")
		tx.Tree("beds").Insert(crdt.Elem{}, 0)
		tx.Set("tools").Add("bowl")
		tx.Counter("rows").Add(5)
		tx.Text("body").Append("Ann writes much. ")
	})
	k.meet()
	edit(t, k.ben, func(tx *crdt.Tx) {
		must(t, authorship.Quote(tx, tx.Text("body"), 0, other.View().Text("body").Slice(0, 6)))
		tx.CoAuthor(key("Cyd").Author())
		tx.Counter("rows").Add(-2)
		l := tx.List("steps")
		l.Move(l.Elem(1), 0)
	})
	shared, _ := k.ben.Newest()
	must(t, k.cyd.Merge(k.ben))
	edit(t, k.cyd, func(tx *crdt.Tx) {
		authorship.Confirm(tx, shared.ID)
		body := tx.Text("body")
		at := strings.Index(body.String(), "Ann")
		body.Mark(at, at+3, crdt.Mark{Key: "bold", Value: true})
		body.Move(at, at+3, body, body.Len())
		body.Quote(0, tx.View().Text("body").Slice(at+4, at+10))
	})
	undo := crdt.NewUndo(k.ben)
	edit(t, k.ben, func(tx *crdt.Tx) { tx.Text("body").Delete(0, 3) })
	_, err := undo.Undo()
	must(t, err)
	edit(t, k.ben, func(tx *crdt.Tx) { tx.Text("body").Delete(8, 10) })
	k.meet()
	edit(t, k.cyd, func(tx *crdt.Tx) {
		must(t, authorship.ImportText(tx, "old.txt", "Hal"))
		tx.Text("body").Append(" from a file")
	})
	edit(t, k.cyd, func(tx *crdt.Tx) {
		must(t, authorship.Derive(tx, authorship.Translation, other.View(), authorship.Range{Path: "/body", From: 0, To: 5}))
		tx.Text("body").Append(" Brot")
	})
	bot := join(t, k.cyd, key("scribe").BoundTo(key("Ann"), true))
	generated := write(t, bot, " by a program")
	must(t, k.ann.Merge(bot))
	k.act(k.ann, func(tx *crdt.Tx) error { return authorship.Accept(tx, generated.ID) })
	k.act(k.cyd, func(tx *crdt.Tx) error { return authorship.Accept(tx, generated.ID) })
	k.act(k.ben, func(tx *crdt.Tx) error { return authorship.WriteAnchor(tx, "rfc3161", []byte("token"), shared.ID) })
	poem := signedWork(t, "Ivy", "Poem", "CC-BY-NC-4.0", "O crust! ")
	edit(t, k.ben, func(tx *crdt.Tx) {
		must(t, authorship.Quote(tx, tx.Text("body"), 0, poem.View().Text("body"), authorship.WithException("quotation in a review")))
	})
	erased := write(t, k.ben, "secret ")
	must(t, k.ann.Merge(k.ben))
	k.act(k.ann, func(tx *crdt.Tx) error { return authorship.Redact(tx, erased.ID) })
	k.act(k.ben, func(tx *crdt.Tx) error { return authorship.Redact(tx, erased.ID) })
	must(t, k.dan.Merge(k.ann))
	fay := join(t, k.dan, key("Fay"))
	write(t, fay, "not asked ")
	must(t, k.dan.Merge(fay))
	for _, name := range []string{"Kim", "Lou"} { // who consent to nothing
		free, err := k.dan.Clone(key(name), authorship.Checked(func(err error) { t.Fatal(err) }), fixed())
		must(t, err)
		write(t, free, "not granted ")
		must(t, k.ann.Merge(free))
	}
	k.act(k.ann, func(tx *crdt.Tx) error { return authorship.SetName(tx, "Ann the baker") })
	k.meet()
	return k, other
}

// TestReaderAsks: whoever only reads, and has met the changes in another order, gets every
// answer that the founder gets, to every question that the package knows, of the present
// and of every version.
func TestReaderAsks(t *testing.T) {
	k, other := fullWork(t)
	reader, err := crdt.Join(nil, k.ann.ID(), authorship.Rules())
	must(t, err)
	for _, from := range []*crdt.Doc{k.dan, k.cyd} {
		must(t, reader.Merge(from))
	}
	copied, err := crdt.Join(nil, other.ID(), authorship.Rules())
	must(t, err)
	must(t, copied.Merge(other))
	none := signedWork(t, "Zoe", "None", terms, "")
	empty := map[string]string{}
	for name, ask := range questions {
		empty[name] = ask(see(t, none.View(), other.View()))
	}
	delete(empty, "Outbound") // says the same, and tells what it could not say in Terms
	delete(empty, "OutboundOf")
	compare := func(when string, mine, theirs *crdt.View) {
		t.Helper()
		for name, ask := range questions {
			a, b := ask(see(t, mine, other.View())), ask(see(t, theirs, copied.View()))
			if a != b {
				t.Errorf("%s: %s answers the founder\n%s\nthe reader\n%s", when, name, a, b)
			}
			if when == "now" && a == empty[name] {
				t.Errorf("%s has nothing to answer", name)
			}
		}
	}
	compare("now", k.ann.View(), reader.View())
	list := pieces(t, k.ann)
	r := rand.New(rand.NewPCG(10, 20))
	for range 3 {
		anyhow, err := crdt.Join(nil, k.ann.ID(), authorship.Rules())
		must(t, err)
		for _, n := range r.Perm(len(list)) {
			must(t, list[n](anyhow))
		}
		compare("now", k.ann.View(), anyhow.View())
	}
	n := 0
	for c := range reader.View().History() {
		mine, err := k.ann.At(c.Version())
		must(t, err)
		theirs, err := reader.At(c.Version())
		must(t, err)
		compare(c.ID.String(), mine, theirs)
		n++
	}
	if n < 40 {
		t.Errorf("%d versions", n)
	}
}
