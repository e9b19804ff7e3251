package array

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"syscall"
	"unsafe"

	"github.com/eddy-pde/eddy/internal/dense"
)

// spoolBytes bounds the memory of a pass that moves trajectories outermost: half of it for a block as it lies in the file, half for it in the other order.
const spoolBytes = 128 << 20

// directReads is how many scattered reads are made from the file itself before it is copied: a look at a file does not pay for the copy.
const directReads = 48

// temporary makes a file that has no name any more, where the system allows it, and is gone when it is closed or the program ends.
func temporary() (*os.File, error) {
	f, err := os.CreateTemp("", "eddy-*")
	if err != nil {
		return nil, fmt.Errorf("array: %w", err)
	}
	os.Remove(f.Name()) // where an open file cannot be removed, discard does it
	return f, nil
}

func discard(f *os.File) {
	if f != nil {
		f.Close()
		os.Remove(f.Name())
	}
}

// roomFor adds to the error of a full disk what to do about it.
func roomFor(err error, bytes int64) error {
	if errors.Is(err, syscall.ENOSPC) {
		return fmt.Errorf("%w: set TMPDIR to a folder with room for %.1f GB", err, float64(bytes)/1e9)
	}
	return err
}

// spool is a copy of an array with trajectories outermost.
type spool struct {
	mu    sync.Mutex
	reads int
	temp  *os.File
	array Array
}

// of is the copy of a scattered part, or the part itself while it has been read a few times only.
func (s *spool) of(ctx context.Context, p Part) (Part, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.reads < directReads {
		s.reads++
		return p, nil
	}
	if s.array == nil {
		if err := s.fill(ctx, p, spoolBytes); err != nil {
			return p, err
		}
	}
	at := p.axis(Trajectory)
	moved := Part{Array: s.array, Axes: slices.Concat([]Role{Trajectory}, p.Axes[:at], p.Axes[at+1:])}
	moved.Index = make([]int, len(moved.Axes)) // only the index that was asked for is in the copy
	return moved, nil
}

// fill goes through the array once, block by block, in that much memory. A block is all trajectories of a run of the remaining elements.
func (s *spool) fill(ctx context.Context, p Part, memory int) error {
	at, shape := p.axis(Trajectory), p.Array.Shape()
	start, count := make([]int, len(shape)), slices.Clone(shape)
	for i, role := range p.Axes {
		if role == Fixed {
			start[i], count[i] = p.Index[i], 1
		}
	}
	trajectories := shape[at]
	rest := slices.Delete(slices.Clone(count), at, at+1)
	total := product(rest)
	// The axis of rest along which blocks are cut, and how many of it fit: those behind are whole, those before are taken one by one.
	cut, behind := len(rest)-1, 1
	for cut > 0 && behind*rest[cut]*trajectories*8 <= memory {
		behind *= rest[cut]
		cut--
	}
	run := min(max(memory/8/(behind*trajectories), 1), rest[cut])
	temp, err := temporary()
	if err != nil {
		return err
	}
	block, turned := make([]float32, run*behind*trajectories), make([]float32, run*behind*trajectories)
	for done := 0; done < total; {
		if err := ctx.Err(); err != nil {
			discard(temp)
			return err
		}
		// The place of element done of the rest: cut is at a whole multiple of run, or the last part of the axis.
		left := done
		index := make([]int, len(rest))
		for i := len(rest) - 1; i >= 0; i-- {
			index[i] = left % rest[i]
			left /= rest[i]
		}
		n := min(run, rest[cut]-index[cut])
		from, take := slices.Clone(start), slices.Clone(count)
		for i := range rest {
			j := i
			if i >= at {
				j++
			}
			from[j] += index[i]
			switch {
			case i < cut:
				take[j] = 1
			case i == cut:
				take[j] = n
			}
		}
		size := n * behind
		if err := p.Array.Read(block[:size*trajectories], from, take); err != nil {
			discard(temp)
			return err
		}
		outer := product(take[:at]) // [outer, trajectory, inner] → [trajectory, outer, inner]
		turn(turned[:size*trajectories], block, outer, trajectories, size/outer)
		for traj := range trajectories {
			row := turned[traj*size : (traj+1)*size]
			b := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(row))), 4*len(row))
			if _, err := temp.WriteAt(b, 4*(int64(traj)*int64(total)+int64(done))); err != nil {
				discard(temp)
				return roomFor(fmt.Errorf("array: %w", err), 4*int64(total)*int64(trajectories))
			}
		}
		done += size
	}
	one := uint16(1)
	native := dense.Type{Class: dense.Float, Size: 4, Big: *(*byte)(unsafe.Pointer(&one)) == 0}
	s.temp, s.array = temp, denseArray{dense.Array{File: temp, Shape: slices.Concat([]int{trajectories}, rest), Type: native}}
	return nil
}

// turn copies [a, b, c] to [b, a, c].
func turn(dst, src []float32, a, b, c int) {
	if c == 1 { // in tiles, so that both sides stay in the cache
		const tile = 32
		for i0 := 0; i0 < a; i0 += tile {
			for j0 := 0; j0 < b; j0 += tile {
				for j := j0; j < min(j0+tile, b); j++ {
					for i := i0; i < min(i0+tile, a); i++ {
						dst[j*a+i] = src[i*b+j]
					}
				}
			}
		}
		return
	}
	for i := range a {
		for j := range b {
			copy(dst[(j*a+i)*c:][:c], src[(i*b+j)*c:])
		}
	}
}

func (s *spool) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	discard(s.temp)
	s.temp, s.array = nil, nil
}

func product(shape []int) int {
	n := 1
	for _, s := range shape {
		n *= s
	}
	return n
}
