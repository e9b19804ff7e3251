// Package config reads and writes the text files of the project: TOML for configurations and problem files, YAML for the statistics that stand beside a data
// set in The Well's layout. It knows no other package's types: callers hand in the struct that a file is decoded into, with `toml` tags that name the keys.
//
// Decoding is strict. An unknown key, a value of the wrong type and a number that does not fit are faults; every fault of a file is reported at once, each with
// the file, the line and, for an unknown key, the nearest known one. Overrides ("--set optim.lr=1e-3") are typed by the field they address and give the same
// faults. A field tagged `toml:",kind=fno"` is a variant: the keys of its struct stand in the table itself where the table's key "kind" is "fno", and are a fault
// where it is anything else. [Encode] writes a struct back as a complete file that [Decode] reads to the same value.
package config
