package authorship

import (
	"fmt"
	"slices"

	"github.com/commonhold/commonhold/authorship/internal/charter"
	"github.com/commonhold/commonhold/crdt"
)

// body is what the act of an amendment says, but for its base.
func (a Amendment) body(tx *crdt.Tx, genesis *charter.Charter) (map[string]any, error) {
	m := map[string]any{}
	for _, put := range []func(map[string]any) error{
		a.putMode, func(m map[string]any) error { return a.putTerms(m, genesis.Terms) }, a.putPeople, a.putShares,
		func(m map[string]any) error { return a.putCuts(tx, m) },
	} {
		if err := put(m); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// putMode says the mode.
func (a Amendment) putMode(m map[string]any) error {
	switch a.Mode {
	case "":
	case ModeDirect, ModePropose:
		m["mode"] = string(a.Mode)
	default:
		return fmt.Errorf("authorship: mode %q: %w", a.Mode, ErrCharter)
	}
	return nil
}

// putTerms says the terms, which must have those of the genesis.
func (a Amendment) putTerms(m map[string]any, genesis []string) error {
	if a.Terms == nil {
		return nil
	}
	list, err := writeTerms(a.Terms...)
	if err != nil {
		return err
	}
	for _, t := range genesis {
		if !slices.ContainsFunc(list, func(s string) bool { return charter.Fold(s) == charter.Fold(t) }) {
			return fmt.Errorf("authorship: %s is among the terms of the genesis, which stay: %w", t, ErrCharter)
		}
	}
	out := make([]any, len(list))
	for k, t := range list {
		out[k] = t
	}
	m["terms"] = out
	return nil
}

// putPeople says who comes, goes and moderates.
func (a Amendment) putPeople(m map[string]any) error {
	if a.Admit != nil {
		chambers := map[string]any{}
		for name, keys := range a.Admit {
			if name == "" || len(name) > maxChamber || len(keys) == 0 {
				return fmt.Errorf("authorship: %d members for chamber %q: %w", len(keys), name, ErrCharter)
			}
			chambers[name] = ascending(keys)
		}
		if len(chambers) == 0 {
			return fmt.Errorf("authorship: admission of nobody: %w", ErrCharter)
		}
		m["admit"] = chambers
	}
	if len(a.Remove) > 0 {
		m["remove"] = ascending(a.Remove)
	}
	if a.Moderators != nil {
		m["moderators"] = ascending(a.Moderators)
	}
	return nil
}

// maxChamber bounds the name of a chamber, in bytes.
const maxChamber = 64

// putShares says the shares.
func (a Amendment) putShares(m map[string]any) error {
	for _, x := range []struct {
		name  string
		share *Share
	}{{"accept", a.Accept}, {"amend", a.Amend}} {
		if x.share == nil {
			continue
		}
		if !x.share.good() {
			return fmt.Errorf("authorship: share %s: %w", x.share, ErrCharter)
		}
		m[x.name] = []any{x.share.Num, x.share.Den}
	}
	return nil
}

// putCuts says the cuts, by key.
func (a Amendment) putCuts(tx *crdt.Tx, m map[string]any) error {
	if len(a.Cut) == 0 {
		return nil
	}
	cuts := slices.Clone(a.Cut)
	slices.SortFunc(cuts, func(a, b Cut) int { return slices.Compare(a.Key[:], b.Key[:]) })
	var out []any
	for k, c := range cuts {
		if k > 0 && c.Key == cuts[k-1].Key {
			return fmt.Errorf("authorship: %s is cut twice: %w", short(c.Key), ErrCharter)
		}
		heads, err := headsOf(tx, c.Key, c.Heads)
		if err != nil {
			return err
		}
		out = append(out, map[string]any{"key": keyBytes(c.Key), "heads": heads})
	}
	m["cut"] = out
	return nil
}
