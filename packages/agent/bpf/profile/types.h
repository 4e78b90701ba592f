/* SPDX-License-Identifier: GPL-2.0 */
/* The few kernel structures that profiling looks into; every access is relocated at load, as in ../kernel_types.h. */
#pragma once

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct super_block {
	__u32 s_dev;
};

struct inode {
	unsigned long i_ino;
	__u32 i_generation;
	struct super_block *i_sb;
};

struct file {
	struct inode *f_inode;
};

struct maple_tree {
	void *ma_root;
};

/* include/linux/maple_tree.h: nodes of ranges, and of ranges with the gaps between them. */
struct maple_range_64 {
	unsigned long pivot[15];
	void *slot[16];
};

struct maple_arange_64 {
	unsigned long pivot[9];
	void *slot[10];
};

typedef struct {
	void *vdso;
} mm_context_t;

struct mm_struct {
	struct maple_tree mm_mt;
	mm_context_t context;
};

struct vm_area_struct {
	unsigned long vm_start, vm_end;
	unsigned long vm_flags;
	unsigned long vm_pgoff;
	struct file *vm_file;
};

struct task_struct {
	unsigned int flags;
	unsigned int __state;
	int pid, tgid;
	char comm[16];
	struct mm_struct *mm;
};

#pragma clang attribute pop

/* include/linux/sched.h */
enum { PF_KTHREAD = 0x00200000 };
/* include/linux/mm.h */
enum { VM_EXEC = 0x4 };
