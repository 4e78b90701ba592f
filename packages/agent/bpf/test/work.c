// Work whose split is known: of each round of 10 parts `hot` does 7 and `warm` 3, below `outer` and a recursion of 20 calls.
// A round takes some 30 ms, so that samples at regular times meet both by their share and not by luck.
// work SECONDS
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static volatile unsigned long sink;

__attribute__((noipa)) static unsigned long grind(unsigned long rounds)
{
	unsigned long sum = rounds;
	for (unsigned long i = 0; i < rounds; i++)
		sum = sum * 2862933555777941757ul + i;
	return sum;
}
__attribute__((noipa)) static void hot(void) { sink += grind(21000000); }
__attribute__((noipa)) static void warm(void) { sink += grind(9000000) + 1; }
__attribute__((noipa)) static void outer(int depth)
{
	if (depth) {
		outer(depth - 1);
		sink++;
		return;
	}
	hot();
	warm();
	sink++;
}
__attribute__((noipa)) static int by_callback(const void *a, const void *b)
{
	outer(20);
	sink++;
	return *(const int *)a - *(const int *)b;
}

static double now(void)
{
	struct timespec at;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
	return at.tv_sec + at.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	double seconds = argc > 1 ? atof(argv[1]) : 1;
	printf("ready\n");
	fflush(stdout);
	while (now() < seconds) {
		int two[2] = { 2, 1 };
		/* Through the C library, which keeps no frame pointers. */
		qsort(two, 2, sizeof(int), by_callback);
	}
	return 0;
}
