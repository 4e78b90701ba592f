/* SPDX-License-Identifier: GPL-2.0 */
/* From the innermost user frame outwards: by the file's table where it has one, else by frame pointers. */
#pragma once

/* Registers as they were in a frame, as far as they are known. */
struct registers {
	__u64 pc, sp, bp;
	__u64 r10, rax; /* of the innermost frame only */
	__u32 exact; /* pc is where the thread was interrupted, not an address to return to */
	__u32 end; /* why there is no further frame */
};

struct walk {
	struct scratch *scratch;
	__u64 mm;
	__u32 frames;
	struct registers at;
	struct mapping mapping;
};

struct search {
	void *table;
	__u32 offset;
	__u32 low, high; /* rows before `low` begin at or before the offset, rows from `high` on behind it */
	__u32 rule;
};

#define SEARCH_STEPS_MAX 24

static long search_step(__u32 i, struct search *search)
{
	if (search->low >= search->high)
		return 1;
	__u32 middle = (search->low + search->high) / 2;
	__u64 *row = bpf_map_lookup_elem(search->table, &middle);
	if (!row)
		return 1;
	if ((__u32)*row <= search->offset) {
		search->low = middle + 1;
		search->rule = *row >> 32;
	} else {
		search->high = middle;
	}
	return 0;
}

__weak int rule_at(__u32 slot, __u32 rows, __u32 offset)
{
	void *table = bpf_map_lookup_elem(&tables, &slot);
	if (!table)
		return 0;
	struct search search = { .table = table, .offset = offset, .high = rows };
	bpf_loop(SEARCH_STEPS_MAX, search_step, &search, 0);
	return search.rule;
}

static __always_inline _Bool read_word(__u64 *to, __u64 from)
{
	return bpf_probe_read_user(to, sizeof(*to), (void *)from) == 0;
}

/* Where sigreturn will find the interrupted registers: ucontext at rsp, its uc_mcontext at byte 40 (asm/sigcontext.h). */
static __always_inline __u32 leave_signal(struct registers *at)
{
	__u64 saved = at->sp + 40;
	if (!read_word(&at->bp, saved + 80) || !read_word(&at->sp, saved + 120) || !read_word(&at->pc, saved + 128))
		return END_UNREADABLE;
	at->exact = 1;
	return 0;
}

/* `lost`: what it means that the frame pointer is none. */
static __always_inline __u32 leave_by_frame_pointer(struct registers *at, __u32 lost)
{
	__u64 saved[2];
	if (!at->bp)
		return END_COMPLETE;
	if (at->bp < at->sp || at->bp & 7)
		return lost;
	if (bpf_probe_read_user(saved, sizeof(saved), (void *)at->bp))
		return END_UNREADABLE;
	at->sp = at->bp + sizeof(saved);
	at->bp = saved[0];
	at->pc = saved[1];
	return at->pc ? 0 : END_COMPLETE;
}

static __always_inline __u32 leave_by_rule(struct registers *at, __u32 rule)
{
	__u32 how = rule & 15;
	__u64 offset = (__u64)(rule >> 14) << 3, cfa = 0;
	if (how == CFA_RSP)
		cfa = at->sp + offset;
	else if (how == CFA_RBP)
		cfa = at->bp + offset;
	else if (how == CFA_PLT)
		cfa = at->sp + 8 + ((at->pc & 15) >= (offset >> 3) ? 8 : 0);
	else if (how == CFA_R10)
		cfa = at->r10 + offset;
	else if (how == CFA_RAX)
		cfa = at->rax + offset;
	else if (how == CFA_AT_RBP && !read_word(&cfa, at->bp - offset))
		return END_UNREADABLE;
	/* A stack that goes on must become smaller. */
	if (cfa <= at->sp)
		return END_NO_RULE;
	__u32 where = rule >> 4 & 3;
	__u64 below = (__u64)(rule >> 6 & 255) << 3;
	if (where == RBP_SAVED && !read_word(&at->bp, cfa - below))
		return END_UNREADABLE;
	if (where == RBP_AT_RBP && !read_word(&at->bp, at->bp - below))
		return END_UNREADABLE;
	if (!read_word(&at->pc, cfa - 8))
		return END_UNREADABLE;
	at->sp = cfa;
	return at->pc ? 0 : END_COMPLETE;
}

/* To the caller; returns 1 when there is none, or none that could be found. */
__weak int leave_frame(struct registers *at, __u32 rule, __u32 lost)
{
	if (!at)
		return 1;
	__u32 how = rule & 15;
	at->exact = 0;
	if (how == CFA_END)
		at->end = END_COMPLETE;
	else if (how == CFA_SIGNAL)
		at->end = leave_signal(at);
	else
		at->end = how == CFA_UNKNOWN ? leave_by_frame_pointer(at, lost) : leave_by_rule(at, rule);
	return at->end != 0;
}

static long walk_step(__u32 i, struct walk *walk)
{
	/* An address to return to may be behind its function's end: the call was its last instruction. */
	__u64 pc = walk->at.exact ? walk->at.pc : walk->at.pc - 1;
	struct mapping *mapping = &walk->mapping;
	if ((pc < mapping->start || pc >= mapping->end) && !find_mapping(mapping, walk->scratch, walk->mm, pc)) {
		walk->at.end = END_UNMAPPED;
		return 1;
	}
	__u64 frame = pc + mapping->base;
	struct sample *sample = &walk->scratch->sample;
	sample->frames[(sample->kernel_frames + i) & FRAMES_MASK] = frame;
	walk->frames = i + 1;
	__u32 rule = 0;
	/* Offsets of rows have 32 bits. */
	if (mapping->table && !(frame >> 32 & ((1 << (FRAME_OFFSET_BITS - 32)) - 1)))
		rule = rule_at(mapping->table - 1, mapping->rows, frame);
	return leave_frame(&walk->at, rule, mapping->file && !mapping->table ? END_NO_TABLE : END_NO_RULE) != 0;
}

/* Appends the user's frames to the sample, whose kernel frames are there already. */
static __always_inline void walk_user(struct scratch *scratch, struct task_struct *task, const struct pt_regs *regs)
{
	struct walk walk = {
		.scratch = scratch,
		.mm = (__u64)BPF_CORE_READ(task, mm),
		.at = {
			.pc = regs->rip,
			.sp = regs->rsp,
			.bp = regs->rbp,
			.r10 = regs->r10,
			.rax = regs->rax,
			.exact = 1,
		},
	};
	bpf_loop(USER_FRAMES_MAX, walk_step, &walk, 0);
	scratch->sample.user_frames = walk.frames;
	scratch->sample.end = walk.at.end ? walk.at.end : END_DEEP;
}
