package array

import (
	"strings"
	"testing"
)

// liar lists an array that it does not have, as a damaged file may.
type liar struct{ File }

func (liar) Names() ([]string, error) { return []string{"/density"}, nil }

func (l liar) Array(name string) (Array, error) { return nil, missing(l, name) }

func TestListingOfWhatIsNotThereEnds(t *testing.T) {
	if s := Listing(liar{}); s != "/density (no numbers)" {
		t.Errorf("the listing is %q", s)
	}
	if _, err := (liar{}).Array("density"); err == nil || !strings.Contains(err.Error(), "listed and not there") {
		t.Errorf("the array that is listed gave %v", err)
	}
	if _, err := (liar{}).Array("pressure"); err == nil || !strings.Contains(err.Error(), "the file holds /density") {
		t.Errorf("another array gave %v", err)
	}
}
