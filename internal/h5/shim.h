// What eddy calls of libhdf5 beyond the binding. Functions return a negative number on failure and leave libhdf5's error stack for eddy_h5_message.
#ifndef EDDY_H5_SHIM_H
#define EDDY_H5_SHIM_H

#include <stddef.h>
#include <stdint.h>

// Classes of datatypes, as in doc.go.
enum { EDDY_UNKNOWN, EDDY_INT, EDDY_FLOAT, EDDY_BOOL, EDDY_STRING };

// Element types in memory.
enum { EDDY_MEM_FLOAT32, EDDY_MEM_FLOAT64, EDDY_MEM_INT8, EDDY_MEM_INT64, EDDY_MEM_FILE }; // the last: bytes as they lie in the file, for reading

typedef struct {
	int cls;
	int size;     // bytes an element
	int ieee;     // an IEEE 754 number of 2, 4 or 8 bytes: 1 little-endian, 2 big-endian; 0 for any other
	int rank;     // 0 for a scalar
	int64_t count; // elements; 0 for an empty one
} eddy_h5_info;

void eddy_h5_quiet(void);
void eddy_h5_message(char *buf, size_t size);

int eddy_h5_register_lzf(void);

int eddy_h5_create_file(const char *path);
int eddy_h5_create_group(int64_t loc, const char *name);
int eddy_h5_create_dataset(int64_t loc, const char *name, int cls, int size, int rank, const uint64_t *dims, const uint64_t *chunk, int gzip);
int eddy_h5_dataset_info(int64_t dset, eddy_h5_info *info, uint64_t *dims, int max_rank);
int eddy_h5_transfer(int write, int64_t dset, int mem, int rank, const uint64_t *start, const uint64_t *stride, const uint64_t *count, const uint64_t *extent, void *data);

// eddy_h5_each names the links of a group in alphabetical order: eddy_h5_visit gets the name and what
// eddy_h5_object_kind says of it, and ends the walk by returning non-zero.
int eddy_h5_each(int64_t loc, const char *group, uintptr_t visitor);
int eddy_h5_linked(int64_t loc, const char *name);
int eddy_h5_object_kind(int64_t loc, const char *name); // 1 group, 2 dataset, 0 other, −1 for one that cannot be opened
int64_t eddy_h5_address(int64_t loc, const char *name); // of the object header that a hard link leads to, counted from the superblock
int64_t eddy_h5_open_object(int64_t loc, const char *name);
int eddy_h5_close_object(int64_t obj);

int64_t eddy_h5_attr_count(int64_t obj);
int64_t eddy_h5_attr_name(int64_t obj, int64_t i, char *buf, size_t size);
int eddy_h5_attr_exists(int64_t obj, const char *name);
int eddy_h5_attr_info(int64_t obj, const char *name, eddy_h5_info *info);
int eddy_h5_attr_read(int64_t obj, const char *name, int mem, void *data);
int eddy_h5_attr_read_strings(int64_t obj, const char *name, int64_t n, char **out); // each string is the caller's to free
int eddy_h5_attr_write(int64_t obj, const char *name, int cls, int scalar, int64_t n, const void *data);
int eddy_h5_attr_write_strings(int64_t obj, const char *name, int scalar, int64_t n, char **text);

#endif
