package trace

import (
	"bufio"
	"encoding/json"
	"io"
)

// Write writes the trace as plain JSON in its format; [Read] is the inverse,
// that is, it gives an equal Trace back.
func (t *Trace) Write(w io.Writer) error {
	b := bufio.NewWriter(w)
	children := make([]int, len(t.Txns))
	for _, p := range t.parents {
		children[p]++
	}
	end, err := json.Marshal(t.End)
	if err != nil {
		return err
	}
	head := map[string]any{"startContent": "", "endContent": json.RawMessage(end)}
	if t.Concurrent {
		head = map[string]any{"kind": "concurrent", "numAgents": t.Agents, "endContent": json.RawMessage(end)}
	}
	open, err := json.Marshal(head)
	if err != nil {
		return err
	}
	b.Write(open[:len(open)-1])
	b.WriteString(`,"txns":[`)
	for i := range t.Txns {
		if i > 0 {
			b.WriteByte(',')
		}
		txn := map[string]any{"patches": patches(t.EditsOf(i))}
		if t.Concurrent {
			txn["parents"] = append([]uint32{}, t.ParentsOf(i)...)
			txn["agent"] = t.Txns[i].Agent
			txn["numChildren"] = children[i]
		}
		line, err := json.Marshal(txn)
		if err != nil {
			return err
		}
		b.Write(line)
	}
	b.WriteString("]}\n")
	return b.Flush()
}

// patches spells edits as the format does.
func patches(edits []Edit) [][3]any {
	out := make([][3]any, len(edits))
	for i, e := range edits {
		out[i] = [3]any{e.Pos, e.Del, e.Ins}
	}
	return out
}
