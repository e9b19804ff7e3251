// Package safetensors reads and writes the safetensors format: named arrays behind a JSON header, readable from Python, Rust and JavaScript.
//
// A file is
//
//	8 bytes   N, the length of the header, little-endian
//	N bytes   JSON: {"__metadata__": {name: text}, name: {"dtype", "shape", "data_offsets": [from, to]}, …}, padded with spaces
//	the rest  the arrays, little-endian, row-major, without gaps
//
// Reading is strict: a header that is not exactly this, offsets that overlap, leave a gap or reach past the end, a length that does not fit the shape, a name
// that occurs twice or bytes left over are errors. Writing gives the bytes that the reference implementation (safetensors 0.8) gives for the same
// content, with the metadata in order of name, and replaces a file as a whole or not at all.
package safetensors
