package train

import (
	"encoding/json"
	"testing"

	"github.com/eddy-pde/eddy"
)

func TestARunRemembersHowFarItsDataReached(t *testing.T) {
	ds := toy(1, 3, 5, 16)
	m, err := Describe(t.Context(), ds, 1, DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	e := m.Validity()
	if e != m.Envelope || e.States != 15 || // 3 trajectories of 5 states
		len(e.Fields) != ds.Spec().Channels() {
		t.Fatalf("envelope %+v", e)
	}
	for c, f := range e.Fields {
		if f.Name != m.Ranges[c].Name || f.Value.Low != m.Ranges[c].Min || f.Value.High != m.Ranges[c].Max || !(f.Energy.High > 0) || len(f.Octaves) == 0 {
			t.Errorf("field %s: %+v beside range %+v", f.Name, f, m.Ranges[c])
		}
	}
}

// Of more states than an envelope is made of, it takes some, evenly spread over all trajectories.
func TestEnvelopesLookAtSomeOfManyStates(t *testing.T) {
	m, err := Describe(t.Context(), toy(1, 9, 1000, 8), 1, DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	if n := m.Envelope.States; n != 3000 {
		t.Errorf("%d states of 9000, want every third", n)
	}
}

func TestAnOldRecordKnowsRangesAlone(t *testing.T) {
	text := `{"spec":{"fields":[{"name":"u"}],"params":[{"name":"nu","value":1}]},"ranges":[{"name":"u","min":-1,"max":2},{"name":"nu","min":3,"max":4}]}`
	var m Meta
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		t.Fatal(err)
	}
	e := m.Validity()
	if e == nil || e.Fields[0].Value.High != 2 || e.Fields[0].Octaves != nil || e.Params[0].Low != 3 {
		t.Errorf("envelope %+v", e)
	}
	if e := (Meta{Spec: eddy.Spec{Fields: []eddy.Field{{Name: "u"}}}}).Validity(); e != nil {
		t.Errorf("a record that knows nothing has the envelope %+v", e)
	}
}
