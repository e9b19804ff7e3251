package datasets

import "sort"

// Numbering numbers the members of groups that stand one behind the other: trajectories of files, windows of trajectories. The zero value has no groups.
type Numbering struct {
	first []int // number of the first member of each group
	total int
}

// Append adds a group of so many members, which may be 0.
func (n *Numbering) Append(members int) {
	n.first = append(n.first, n.total)
	n.total += members
}

// Len is the number of members of all groups.
func (n Numbering) Len() int { return n.total }

// Find is the group of member k, 0 ≤ k < Len(), and the member's number there.
func (n Numbering) Find(k int) (group, member int) {
	// The last group whose first member is at or before k: a group without members shares a number with the one behind it.
	group = sort.Search(len(n.first), func(i int) bool { return n.first[i] > k }) - 1
	return group, k - n.first[group]
}
