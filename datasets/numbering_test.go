package datasets

import "testing"

func TestNumberingPassesOverEmptyGroups(t *testing.T) {
	var n Numbering
	for _, members := range []int{0, 2, 0, 0, 3, 0} {
		n.Append(members)
	}
	want := [][2]int{{1, 0}, {1, 1}, {4, 0}, {4, 1}, {4, 2}}
	if n.Len() != len(want) {
		t.Fatalf("%d members, expected %d", n.Len(), len(want))
	}
	for k, w := range want {
		if group, member := n.Find(k); group != w[0] || member != w[1] {
			t.Errorf("member %d is %d of group %d, expected %d of %d", k, member, group, w[1], w[0])
		}
	}
}
