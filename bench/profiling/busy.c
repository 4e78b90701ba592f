// Processes that work all the time, 20 calls deep, through the C library's qsort, which keeps no frame pointers.
// busy PROCESSES cpu|calls    each line on stdin is answered by: units of work done so far, ns of CPU that they took
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

/* One a process, a cache line of its own. */
struct done {
	volatile unsigned long units, cpu_ns, pad[6];
};

static struct done *mine;
static int calls, zero;
static volatile unsigned long sink;

static unsigned long cpu_ns(void)
{
	struct timespec at;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
	return at.tv_sec * 1000000000ul + at.tv_nsec;
}

__attribute__((noipa)) static void by_hand(void)
{
	unsigned long sum = sink;
	for (int i = 0; i < 20000; i++)
		sum = sum * 2862933555777941757ul + i;
	sink = sum;
}
__attribute__((noipa)) static void by_kernel(void)
{
	char bytes[64];
	for (int i = 0; i < 100; i++)
		sink += read(zero, bytes, sizeof(bytes));
}
__attribute__((noipa)) static void deep(int depth)
{
	if (depth)
		deep(depth - 1);
	else if (calls)
		by_kernel();
	else
		by_hand();
	sink++;
}
__attribute__((noipa)) static int compare(const void *a, const void *b)
{
	deep(20);
	return *(const int *)a - *(const int *)b;
}

static void work(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		for (int i = 0; i < 16; i++) {
			int two[2] = { 2, 1 };
			qsort(two, 2, sizeof(int), compare);
			mine->units++;
		}
		mine->cpu_ns = cpu_ns();
	}
}

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 1;
	calls = argc > 2 && !strcmp(argv[2], "calls");
	zero = open("/dev/zero", O_RDONLY);
	struct done *all = mmap(NULL, count * sizeof(*all), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (zero < 0 || all == MAP_FAILED)
		return 1;
	for (int i = 0; i < count; i++) {
		mine = &all[i];
		if (fork() == 0)
			work();
	}
	for (int c; (c = getchar()) != EOF;) {
		unsigned long units = 0, ns = 0;
		for (int i = 0; i < count; i++) {
			units += all[i].units;
			ns += all[i].cpu_ns;
		}
		printf("%lu %lu\n", units, ns);
		fflush(stdout);
	}
	return 0;
}
