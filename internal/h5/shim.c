//go:build cgo

#include "shim.h"

#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
	char *buf;
	size_t size;
} message;

// Walking upward, the first entry is the innermost call: the one that knows what went wrong.
static herr_t innermost(unsigned n, const H5E_error2_t *e, void *data) {
	message *m = data;
	if (n == 0 && e->desc) snprintf(m->buf, m->size, "%s", e->desc);
	return 0;
}

// At a normal end of the process libhdf5 closes by itself what is still open. A file that could not be written, on a full disk say, makes that clean-up crash, so it is
// turned off: we close every file ourselves. It must be turned off before the library is used, which the Go binding does as it is loaded; C constructors come first.
__attribute__((constructor)) static void no_cleanup_at_exit(void) { H5dont_atexit(); }

void eddy_h5_quiet(void) { H5Eset_auto2(H5E_DEFAULT, NULL, NULL); }

void eddy_h5_message(char *buf, size_t size) {
	message m = {buf, size};
	buf[0] = 0;
	H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, innermost, &m);
	H5Eclear2(H5E_DEFAULT);
}

// An enumeration as h5py writes a boolean.
static hid_t bool_type(void) {
	signed char no = 0, yes = 1;
	hid_t t = H5Tenum_create(H5T_NATIVE_INT8);
	if (t < 0) return t;
	if (H5Tenum_insert(t, "FALSE", &no) < 0 || H5Tenum_insert(t, "TRUE", &yes) < 0) {
		H5Tclose(t);
		return -1;
	}
	return t;
}

// A variable-length UTF-8 string, as h5py writes a str.
static hid_t string_type(void) {
	hid_t t = H5Tcopy(H5T_C_S1);
	if (t < 0) return t;
	if (H5Tset_size(t, H5T_VARIABLE) < 0 || H5Tset_cset(t, H5T_CSET_UTF8) < 0) {
		H5Tclose(t);
		return -1;
	}
	return t;
}

// The type that a class and size have in the files we write: little-endian whatever the machine. The caller closes it.
static hid_t file_type(int cls, int size) {
	switch (cls) {
	case EDDY_BOOL: return bool_type();
	case EDDY_FLOAT: return H5Tcopy(size == 4 ? H5T_IEEE_F32LE : H5T_IEEE_F64LE);
	case EDDY_INT: return H5Tcopy(size == 1 ? H5T_STD_I8LE : H5T_STD_I64LE);
	}
	return -1;
}

static hid_t mem_type(int mem) {
	switch (mem) {
	case EDDY_MEM_FLOAT32: return H5T_NATIVE_FLOAT;
	case EDDY_MEM_FLOAT64: return H5T_NATIVE_DOUBLE;
	case EDDY_MEM_INT8: return H5T_NATIVE_INT8;
	}
	return H5T_NATIVE_INT64;
}

// 1 for a little-endian and 2 for a big-endian number of IEEE 754, 0 for any other.
static int ieee(hid_t type) {
	static const struct { size_t size, exponent, mantissa, bias; } formats[] = {{2, 5, 10, 15}, {4, 8, 23, 127}, {8, 11, 52, 1023}};
	size_t sign, at, exponent, low, mantissa, size = H5Tget_size(type);
	H5T_order_t order = H5Tget_order(type);
	if (H5Tget_fields(type, &sign, &at, &exponent, &low, &mantissa) < 0 || H5Tget_norm(type) != H5T_NORM_IMPLIED) return 0;
	for (int i = 0; i < 3; i++)
		if (size == formats[i].size && exponent == formats[i].exponent && mantissa == formats[i].mantissa && H5Tget_ebias(type) == formats[i].bias &&
		    low == 0 && at == mantissa && sign == at + exponent && H5Tget_precision(type) == 8 * size)
			return order == H5T_ORDER_LE ? 1 : order == H5T_ORDER_BE ? 2 : 0;
	return 0;
}

static void describe(hid_t type, eddy_h5_info *info) {
	info->size = (int)H5Tget_size(type);
	info->ieee = H5Tget_class(type) == H5T_FLOAT ? ieee(type) : 0;
	switch (H5Tget_class(type)) {
	case H5T_INTEGER: info->cls = EDDY_INT; break;
	case H5T_FLOAT: info->cls = EDDY_FLOAT; break;
	case H5T_STRING: info->cls = EDDY_STRING; break;
	case H5T_ENUM: info->cls = H5Tget_nmembers(type) == 2 && info->size == 1 ? EDDY_BOOL : EDDY_UNKNOWN; break;
	default: info->cls = EDDY_UNKNOWN;
	}
}

static int extent(hid_t space, eddy_h5_info *info) {
	hssize_t n = H5Sget_simple_extent_npoints(space);
	int rank = H5Sget_simple_extent_ndims(space);
	if (n < 0 || rank < 0) return -1;
	info->count = H5Sget_simple_extent_type(space) == H5S_NULL ? 0 : (int64_t)n;
	info->rank = H5Sget_simple_extent_type(space) == H5S_NULL ? 1 : rank;
	return 0;
}

extern int64_t eddy_h5_lzf(void *in, size_t size, void *out, size_t room); // in filter.go

// h5py's filter 32000, for reading. Its third parameter is the size of a chunk that is not compressed.
static size_t lzf_filter(unsigned flags, size_t count, const unsigned values[], size_t bytes, size_t *room, void **buf) {
	const size_t most = (size_t)1 << 31;
	if (!(flags & H5Z_FLAG_REVERSE) || count < 3 || values[2] == 0 || values[2] > most) return 0;
	void *out = H5allocate_memory(values[2], 0);
	if (!out) return 0;
	int64_t n = eddy_h5_lzf(*buf, bytes, out, values[2]);
	if (n <= 0) {
		H5free_memory(out);
		return 0;
	}
	H5free_memory(*buf);
	*buf = out;
	*room = values[2];
	return (size_t)n;
}

int eddy_h5_register_lzf(void) {
	static const H5Z_class2_t lzf = {H5Z_CLASS_T_VERS, 32000, 0, 1, "lzf", NULL, NULL, lzf_filter};
	return H5Zregister(&lzf);
}

// Entering libhdf5 again clears its error stack: after a failure the stack is kept aside while things are closed.
static hid_t keep_stack(int failed) { return failed ? H5Eget_current_stack() : -1; }

static void restore_stack(hid_t stack) {
	if (stack >= 0) H5Eset_current_stack(stack); // closes it too
}

int eddy_h5_create_file(const char *path) {
	hid_t fcpl = H5Pcreate(H5P_FILE_CREATE), id = -1;
	if (fcpl < 0) return -1;
	if (H5Pset_obj_track_times(fcpl, 0) >= 0) id = H5Fcreate(path, H5F_ACC_TRUNC, fcpl, H5P_DEFAULT);
	int rc = id < 0 ? -1 : H5Fclose(id);
	hid_t stack = keep_stack(rc < 0);
	H5Pclose(fcpl);
	restore_stack(stack);
	return rc;
}

int eddy_h5_create_group(int64_t loc, const char *name) {
	hid_t gcpl = H5Pcreate(H5P_GROUP_CREATE), id = -1;
	if (gcpl < 0) return -1;
	if (H5Pset_obj_track_times(gcpl, 0) >= 0) id = H5Gcreate2(loc, name, H5P_DEFAULT, gcpl, H5P_DEFAULT);
	int rc = id < 0 ? -1 : H5Gclose(id);
	hid_t stack = keep_stack(rc < 0);
	H5Pclose(gcpl);
	restore_stack(stack);
	return rc;
}

int eddy_h5_create_dataset(int64_t loc, const char *name, int cls, int size, int rank, const uint64_t *dims, const uint64_t *chunk, int gzip) {
	hid_t dcpl = -1, space = -1, type = -1, id = -1;
	hsize_t extents[H5S_MAX_RANK], chunks[H5S_MAX_RANK];
	if (rank > H5S_MAX_RANK) return -1;
	for (int i = 0; i < rank; i++) {
		extents[i] = dims[i];
		chunks[i] = chunk ? chunk[i] : 0;
	}
	if ((dcpl = H5Pcreate(H5P_DATASET_CREATE)) < 0) goto out;
	if (H5Pset_obj_track_times(dcpl, 0) < 0 || H5Pset_alloc_time(dcpl, H5D_ALLOC_TIME_EARLY) < 0) goto out;
	if (chunk) {
		if (H5Pset_chunk(dcpl, rank, chunks) < 0) goto out;
		if (gzip > 0 && (H5Pset_shuffle(dcpl) < 0 || H5Pset_deflate(dcpl, (unsigned)gzip) < 0)) goto out;
		if (H5Pset_fletcher32(dcpl) < 0) goto out;
	}
	if ((space = rank ? H5Screate_simple(rank, extents, NULL) : H5Screate(H5S_SCALAR)) < 0) goto out;
	if ((type = file_type(cls, size)) < 0) goto out;
	id = H5Dcreate2(loc, name, type, space, H5P_DEFAULT, dcpl, H5P_DEFAULT);
out:
	{
		int rc = id < 0 ? -1 : H5Dclose(id);
		hid_t stack = keep_stack(rc < 0);
		if (type >= 0) H5Tclose(type);
		if (space >= 0) H5Sclose(space);
		if (dcpl >= 0) H5Pclose(dcpl);
		restore_stack(stack);
		return rc;
	}
}

int eddy_h5_dataset_info(int64_t dset, eddy_h5_info *info, uint64_t *dims, int max_rank) {
	hid_t type = H5Dget_type(dset);
	if (type < 0) return -1;
	describe(type, info);
	H5Tclose(type);
	hid_t space = H5Dget_space(dset);
	if (space < 0) return -1;
	hsize_t extents[H5S_MAX_RANK];
	int rc = extent(space, info);
	if (rc >= 0 && info->rank > max_rank) rc = -1;
	if (rc >= 0 && info->count >= 0 && info->rank > 0) {
		rc = H5Sget_simple_extent_dims(space, extents, NULL);
		if (rc == 0) extents[0] = 0; // a null space counts as an empty list
		for (int i = 0; rc >= 0 && i < info->rank; i++) dims[i] = extents[i];
	}
	H5Sclose(space);
	return rc < 0 ? -1 : 0;
}

// The file side is a hyperslab, the memory side the first count elements along each axis of an array of shape extent. Both sides have the same rank, because
// libhdf5 copies runs only between selections of the same shape and goes element by element otherwise.
int eddy_h5_transfer(int write, int64_t dset, int mem, int rank, const uint64_t *start, const uint64_t *stride, const uint64_t *count, const uint64_t *extent, void *data) {
	hsize_t s[H5S_MAX_RANK], d[H5S_MAX_RANK], c[H5S_MAX_RANK], e[H5S_MAX_RANK], zero[H5S_MAX_RANK] = {0};
	hid_t file = H5Dget_space(dset), memory = -1, type = mem_type(mem), made = -1;
	int rc = -1;
	if (file < 0) return -1;
	for (int i = 0; i < rank; i++) {
		s[i] = start[i];
		d[i] = stride[i];
		c[i] = count[i];
		e[i] = extent[i];
	}
	if ((memory = rank ? H5Screate_simple(rank, e, NULL) : H5Screate(H5S_SCALAR)) < 0) goto out;
	if (rank > 0 && H5Sselect_hyperslab(file, H5S_SELECT_SET, s, d, c, NULL) < 0) goto out;
	if (rank > 0 && H5Sselect_hyperslab(memory, H5S_SELECT_SET, zero, NULL, c, NULL) < 0) goto out;
	if (mem == EDDY_MEM_INT8) { // booleans: libhdf5 converts between enumerations only
		hid_t ft = H5Dget_type(dset);
		if (ft < 0) goto out;
		if (H5Tget_class(ft) == H5T_ENUM) type = made = bool_type();
		H5Tclose(ft);
	}
	if (mem == EDDY_MEM_FILE && (type = made = H5Dget_type(dset)) < 0) goto out;
	rc = write ? H5Dwrite(dset, type, memory, file, H5P_DEFAULT, data) : H5Dread(dset, type, memory, file, H5P_DEFAULT, data);
out:
	{
		hid_t stack = keep_stack(rc < 0);
		if (made >= 0) H5Tclose(made);
		if (memory >= 0) H5Sclose(memory);
		H5Sclose(file);
		restore_stack(stack);
	}
	return rc < 0 ? -1 : 0;
}

int eddy_h5_linked(int64_t loc, const char *name) { return H5Lexists(loc, name, H5P_DEFAULT); }

int eddy_h5_object_kind(int64_t loc, const char *name) {
	hid_t id = H5Oopen(loc, name, H5P_DEFAULT);
	if (id < 0) return -1; // a dangling link, or something that this library does not know
	H5I_type_t t = H5Iget_type(id);
	H5Oclose(id);
	return t == H5I_GROUP ? 1 : t == H5I_DATASET ? 2 : 0;
}

extern int eddy_h5_visit(uintptr_t visitor, char *name, int kind); // in file.go

static herr_t each_link(hid_t group, const char *name, const H5L_info_t *link, void *visitor) {
	(void)link;
	return eddy_h5_visit(*(uintptr_t *)visitor, (char *)name, eddy_h5_object_kind(group, name));
}

int eddy_h5_each(int64_t loc, const char *group, uintptr_t visitor) {
	hid_t id = H5Gopen2(loc, group, H5P_DEFAULT);
	if (id < 0) return -1;
	hsize_t at = 0;
	int rc = H5Literate(id, H5_INDEX_NAME, H5_ITER_INC, &at, each_link, &visitor);
	hid_t stack = keep_stack(rc < 0);
	H5Gclose(id);
	restore_stack(stack);
	return rc < 0 ? -1 : 0;
}

int64_t eddy_h5_address(int64_t loc, const char *name) {
	H5L_info_t link;
	if (H5Lget_info(loc, name, &link, H5P_DEFAULT) < 0 || link.type != H5L_TYPE_HARD) {
		H5Eclear2(H5E_DEFAULT);
		return -1;
	}
	return (int64_t)link.u.address;
}

int64_t eddy_h5_open_object(int64_t loc, const char *name) { return H5Oopen(loc, name, H5P_DEFAULT); }

int eddy_h5_close_object(int64_t obj) { return H5Oclose(obj); }

int64_t eddy_h5_attr_count(int64_t obj) {
	H5O_info_t info;
	if (H5Oget_info(obj, &info) < 0) return -1;
	return (int64_t)info.num_attrs;
}

int64_t eddy_h5_attr_name(int64_t obj, int64_t i, char *buf, size_t size) {
	return H5Aget_name_by_idx(obj, ".", H5_INDEX_NAME, H5_ITER_INC, (hsize_t)i, buf, size, H5P_DEFAULT);
}

int eddy_h5_attr_exists(int64_t obj, const char *name) { return H5Aexists(obj, name); }

int eddy_h5_attr_info(int64_t obj, const char *name, eddy_h5_info *info) {
	hid_t a = H5Aopen(obj, name, H5P_DEFAULT);
	if (a < 0) return -1;
	hid_t type = H5Aget_type(a), space = H5Aget_space(a);
	int rc = -1;
	if (type >= 0 && space >= 0) {
		describe(type, info);
		rc = extent(space, info);
	}
	if (type >= 0) H5Tclose(type);
	if (space >= 0) H5Sclose(space);
	H5Aclose(a);
	return rc;
}

int eddy_h5_attr_read(int64_t obj, const char *name, int mem, void *data) {
	hid_t a = H5Aopen(obj, name, H5P_DEFAULT);
	if (a < 0) return -1;
	hid_t type = mem_type(mem), made = -1;
	if (mem == EDDY_MEM_INT8) type = made = bool_type();
	int rc = type < 0 ? -1 : H5Aread(a, type, data);
	if (rc >= 0) {
		if (made >= 0) H5Tclose(made);
		return H5Aclose(a);
	}
	hid_t stack = keep_stack(1);
	if (made >= 0) H5Tclose(made);
	H5Aclose(a);
	restore_stack(stack);
	return -1;
}

static char *copy_text(const char *s, size_t n) {
	char *t = malloc(n + 1);
	if (!t) return NULL;
	memcpy(t, s, n);
	t[n] = 0;
	return t;
}

int eddy_h5_attr_read_strings(int64_t obj, const char *name, int64_t n, char **out) {
	hid_t a = -1, type = -1, space = -1, made = -1;
	int rc = -1;
	char *raw = NULL;
	memset(out, 0, sizeof(char *) * (size_t)n);
	if ((a = H5Aopen(obj, name, H5P_DEFAULT)) < 0) return -1;
	if ((type = H5Aget_type(a)) < 0 || (space = H5Aget_space(a)) < 0) goto out;
	if (H5Tis_variable_str(type) > 0) {
		char **text = calloc((size_t)n, sizeof(char *));
		// The character set must be the file's: libhdf5 converts between none.
		if (!text || (made = string_type()) < 0 || H5Tset_cset(made, H5Tget_cset(type)) < 0) {
			free(text);
			goto out;
		}
		if ((rc = H5Aread(a, made, text)) >= 0) {
			for (int64_t i = 0; i < n; i++) out[i] = text[i] ? copy_text(text[i], strlen(text[i])) : copy_text("", 0);
			H5Dvlen_reclaim(made, space, H5P_DEFAULT, text);
		}
		free(text);
	} else {
		size_t size = H5Tget_size(type);
		if (!(raw = calloc((size_t)n, size))) goto out;
		if ((rc = H5Aread(a, type, raw)) >= 0) {
			for (int64_t i = 0; i < n; i++) {
				size_t len = strnlen(raw + (size_t)i * size, size);
				if (H5Tget_strpad(type) == H5T_STR_SPACEPAD)
					while (len > 0 && raw[(size_t)i * size + len - 1] == ' ') len--;
				out[i] = copy_text(raw + (size_t)i * size, len);
			}
		}
	}
out:
	{
		hid_t stack = keep_stack(rc < 0);
		free(raw);
		if (made >= 0) H5Tclose(made);
		if (space >= 0) H5Sclose(space);
		if (type >= 0) H5Tclose(type);
		H5Aclose(a);
		restore_stack(stack);
	}
	return rc < 0 ? -1 : 0;
}

// write_attr makes an attribute and writes it; memory and file type may differ.
static int write_attr(hid_t obj, const char *name, hid_t ftype, hid_t mtype, int scalar, int64_t n, const void *data) {
	hsize_t dim = (hsize_t)n;
	hid_t space = scalar ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &dim, NULL);
	if (space < 0) return -1;
	hid_t a = H5Acreate2(obj, name, ftype, space, H5P_DEFAULT, H5P_DEFAULT);
	int rc = a < 0 ? -1 : n == 0 ? 0 : H5Awrite(a, mtype, data);
	hid_t stack = keep_stack(rc < 0);
	if (a >= 0) H5Aclose(a);
	H5Sclose(space);
	restore_stack(stack);
	return rc < 0 ? -1 : 0;
}

int eddy_h5_attr_write(int64_t obj, const char *name, int cls, int scalar, int64_t n, const void *data) {
	hid_t ftype = file_type(cls, cls == EDDY_BOOL ? 1 : 8);
	if (ftype < 0) return -1;
	hid_t mtype = cls == EDDY_BOOL ? ftype : cls == EDDY_FLOAT ? H5T_NATIVE_DOUBLE : H5T_NATIVE_INT64;
	int rc = write_attr(obj, name, ftype, mtype, scalar, n, data);
	hid_t stack = keep_stack(rc < 0);
	H5Tclose(ftype);
	restore_stack(stack);
	return rc;
}

int eddy_h5_attr_write_strings(int64_t obj, const char *name, int scalar, int64_t n, char **text) {
	hid_t type = string_type();
	if (type < 0) return -1;
	int rc = write_attr(obj, name, type, type, scalar, n, text);
	hid_t stack = keep_stack(rc < 0);
	H5Tclose(type);
	restore_stack(stack);
	return rc;
}
