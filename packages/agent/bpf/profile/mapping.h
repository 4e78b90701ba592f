/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which file's code is at an address? The process's own tree of mappings is read in place, so there is nothing that could
 * be out of date: neither after exec nor in a process that lives for milliseconds. The tree is made for readers without a
 * lock (Documentation/core-api/maple_tree.rst); a node that is replaced meanwhile costs at most one frame.
 */
#pragma once

/* The mapping that was found last, and the table of its file. */
struct mapping {
	__u64 start, end;
	__u64 base; /* added to an address in it gives the frame */
	__u32 file; /* 0 = anonymous memory */
	__u32 table, rows;
};

struct descent {
	struct scratch *scratch;
	__u64 address;
	__u64 entry; /* node with its type in the low bits; in the end a vm_area_struct */
	__u32 found;
};

/* include/linux/maple_tree.h */
#define NODE_MASK 255ull
#define NODE_TYPE(entry) ((entry) >> 3 & 15)
enum { MAPLE_LEAF_64 = 1, MAPLE_RANGE_64, MAPLE_ARANGE_64 };
#define NODE_DEPTH_MAX 8

#define SLOT_WORD(type) (bpf_core_field_offset(struct type, slot) / 8)
#define PIVOT_WORD(type) (bpf_core_field_offset(struct type, pivot) / 8)

/*
 * The slot of a node's ranges that holds the address: pivots are last addresses, 0 = up to the node's end. Four halvings, as
 * each comparison in a row doubles the ways that the verifier follows.
 */
static __always_inline __u32 slot_of(const __u64 *node, __u32 pivots, __u32 count, __u64 address)
{
	__u32 low = 0, high = count;
#pragma unroll
	for (__u32 i = 0; i < 4; i++) {
		__u32 middle = (low + high) / 2;
		__u64 pivot = node[(pivots + middle) & 31];
		if (low < high) {
			if (address <= pivot || (middle > 0 && !pivot))
				high = middle;
			else
				low = middle + 1;
		}
	}
	return low;
}

static long go_down(__u32 i, struct descent *at)
{
	__u64 *node = at->scratch->node;
	__u32 type = NODE_TYPE(at->entry);
	if (bpf_probe_read_kernel(node, sizeof(at->scratch->node), (void *)(at->entry & ~NODE_MASK)))
		return 1;
	__u32 slot;
	if (type == MAPLE_ARANGE_64)
		slot = slot_of(node, PIVOT_WORD(maple_arange_64), 9, at->address) + SLOT_WORD(maple_arange_64);
	else
		slot = slot_of(node, PIVOT_WORD(maple_range_64), 15, at->address) + SLOT_WORD(maple_range_64);
	at->entry = node[slot & 31];
	at->found = type == MAPLE_LEAF_64;
	return at->found || !at->entry;
}

static __always_inline struct vm_area_struct *vma_at(const struct mm_struct *mm, struct scratch *scratch, __u64 address)
{
	struct descent at = { .scratch = scratch, .address = address, .entry = (__u64)BPF_CORE_READ(mm, mm_mt.ma_root) };
	/* include/linux/xarray.h: what is no node is the only entry */
	if ((at.entry & 3) != 2 || at.entry <= 4096)
		return 0;
	bpf_loop(NODE_DEPTH_MAX, go_down, &at, 0);
	return at.found ? (struct vm_area_struct *)at.entry : 0;
}

static __always_inline void tell_file(__u32 file, const struct file_key *key, const struct mapping *mapping)
{
	struct file_event event = {
		.kind = EVENT_FILE,
		.file = file,
		.pid = bpf_get_current_pid_tgid() >> 32,
		.key = *key,
		.start = mapping->start,
		.end = mapping->end,
	};
	submit(&event, sizeof(event));
}

__u32 next_file = FILE_FIRST;

static __always_inline struct file_entry *entry_of(const struct file_key *key, const struct mapping *mapping)
{
	struct file_entry *entry = bpf_map_lookup_elem(&files, key);
	if (entry)
		return entry;
	struct file_entry fresh = { .file = __sync_fetch_and_add(&next_file, 1) };
	if (bpf_map_update_elem(&files, key, &fresh, BPF_NOEXIST) == 0)
		tell_file(fresh.file, key, mapping);
	entry = bpf_map_lookup_elem(&files, key);
	if (!entry)
		count(COUNT_FILES_FULL, 1);
	return entry;
}

/*
 * Returns 0 when there is no code at the address. Weak, not static, as what else is so here: the verifier then proves it
 * once, not once for each way of getting here.
 */
__weak int find_mapping(struct mapping *mapping, struct scratch *scratch, __u64 mm_address, __u64 address)
{
	const struct mm_struct *mm = (const struct mm_struct *)mm_address;
	if (!mapping || !scratch)
		return 0;
	struct vm_area_struct *vma = vma_at(mm, scratch, address);
	if (!vma)
		return 0;
	__u64 start = BPF_CORE_READ(vma, vm_start), end = BPF_CORE_READ(vma, vm_end);
	if (address < start || address >= end || !(BPF_CORE_READ(vma, vm_flags) & VM_EXEC))
		return 0;
	mapping->start = start;
	mapping->end = end;
	mapping->base = FRAME_ADDRESS;
	mapping->file = mapping->table = mapping->rows = 0;
	struct file *file = BPF_CORE_READ(vma, vm_file);
	struct file_key key = {};
	if (file) {
		struct inode *inode = BPF_CORE_READ(file, f_inode);
		key.inode = BPF_CORE_READ(inode, i_ino);
		key.generation = BPF_CORE_READ(inode, i_generation);
		key.device = BPF_CORE_READ(inode, i_sb, s_dev);
	} else if (start == (__u64)BPF_CORE_READ(mm, context.vdso)) {
		key.inode = VDSO_INODE;
	} else {
		return 1;
	}
	struct file_entry *entry = entry_of(&key, mapping);
	if (!entry)
		return 1;
	mapping->file = entry->file;
	mapping->table = entry->table;
	mapping->rows = entry->rows;
	__u64 offset = file ? BPF_CORE_READ(vma, vm_pgoff) << 12 : 0;
	mapping->base = ((__u64)entry->file << FRAME_OFFSET_BITS) + offset - start;
	return 1;
}
