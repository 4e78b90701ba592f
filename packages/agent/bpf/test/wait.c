// Waits whose time is known: each kind below a function of its own; what each took, less the time it ran, is printed at the end.
// wait FILE SECONDS KIND...    kinds: sleep lock read sync socket short long spin; each argument is a thread; kinds joined by + take
// turns in one. FILE is made.
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BLOCK (16 << 20)
#define BLOCKS 4
#define KINDS_MAX 8

static volatile unsigned long sink;
static const char *path;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int turn_to_hold[2], turn_to_take[2], ends[2];

static double clock_s(clockid_t id)
{
	struct timespec at;
	clock_gettime(id, &at);
	return at.tv_sec + at.tv_nsec / 1e9;
}
static void pause_us(long us)
{
	struct timespec time = { 0, us * 1000 };
	nanosleep(&time, NULL);
}
static void must(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(1);
}

__attribute__((noipa)) static void do_sleep(int i)
{
	pause_us(5000 + i % 20 * 1000);
	sink++;
}

__attribute__((noipa)) static void do_short(int i)
{
	pause_us(50);
	sink += i;
}
__attribute__((noipa)) static void do_long(int i)
{
	pause_us(400);
	sink += i;
}

/* The other thread has the lock when this one asks for it. */
static void *hold(void *unused)
{
	char c;
	while (read(turn_to_hold[0], &c, 1) == 1) {
		pthread_mutex_lock(&lock);
		must(write(turn_to_take[1], "", 1) == 1, "write");
		pause_us(20000);
		pthread_mutex_unlock(&lock);
	}
	return unused;
}
__attribute__((noipa)) static void do_lock(int i)
{
	pthread_mutex_lock(&lock);
	pthread_mutex_unlock(&lock);
	sink += i;
}

static void *answer(void *unused)
{
	char c;
	while (read(ends[1], &c, 1) == 1) {
		pause_us(10000);
		must(write(ends[1], "", 1) == 1, "write");
	}
	return unused;
}
__attribute__((noipa)) static void do_socket(int i)
{
	char c;
	must(write(ends[0], "", 1) == 1, "write");
	must(recv(ends[0], &c, 1, 0) == 1, "recv");
	sink += i;
}

static char *block;
static int file;
__attribute__((noipa)) static void do_read(int i)
{
	must(pread(file, block, BLOCK, (long)(i % BLOCKS) * BLOCK) == BLOCK, "pread");
	sink++;
}
__attribute__((noipa)) static void do_sync(int i)
{
	must(pwrite(file, block, BLOCK, (long)(i % BLOCKS) * BLOCK) == BLOCK, "pwrite");
	must(fdatasync(file) == 0, "fdatasync");
	sink++;
}
__attribute__((noipa)) static void do_spin(int i)
{
	for (int n = 0; n < 20000000; n++)
		sink += i;
}

static const struct {
	const char *name;
	void (*run)(int);
} kinds[] = { { "sleep", do_sleep }, { "lock", do_lock },     { "read", do_read },
	      { "sync", do_sync },   { "socket", do_socket }, { "short", do_short },
	      { "long", do_long },   { "spin", do_spin } };

static void open_file(void)
{
	must(posix_memalign((void **)&block, 4096, BLOCK) == 0, "memory");
	memset(block, 7, BLOCK);
	file = open(path, O_RDWR | O_CREAT | O_DIRECT, 0600);
	must(file >= 0, path);
	for (int i = 0; i < BLOCKS; i++)
		must(pwrite(file, block, BLOCK, (long)i * BLOCK) == BLOCK, "pwrite");
	fsync(file);
}

static double seconds;

static void *run(void *argument)
{
	int chosen[KINDS_MAX], count = 0;
	double waited[KINDS_MAX] = { 0 };
	char *rest = argument, *name;
	while ((name = strsep(&rest, "+")))
		for (unsigned k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
			if (!strcmp(name, kinds[k].name) && count < KINDS_MAX)
				chosen[count++] = k;
	double until = clock_s(CLOCK_MONOTONIC) + seconds;
	for (int i = 0; clock_s(CLOCK_MONOTONIC) < until; i++) {
		int turn = i % count;
		char c;
		if (kinds[chosen[turn]].run == do_lock) {
			must(write(turn_to_hold[1], "", 1) == 1, "write");
			must(read(turn_to_take[0], &c, 1) == 1, "read");
		}
		double wall = clock_s(CLOCK_MONOTONIC), cpu = clock_s(CLOCK_THREAD_CPUTIME_ID);
		kinds[chosen[turn]].run(i);
		waited[turn] += clock_s(CLOCK_MONOTONIC) - wall - (clock_s(CLOCK_THREAD_CPUTIME_ID) - cpu);
	}
	for (int i = 0; i < count; i++)
		printf("%s %.0f\n", kinds[chosen[i]].name, waited[i] * 1e6);
	fflush(stdout);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread, threads[KINDS_MAX];
	path = argc > 1 ? argv[1] : "wait.data";
	seconds = argc > 2 ? atof(argv[2]) : 1;
	must(!pipe(turn_to_hold) && !pipe(turn_to_take) && !socketpair(AF_UNIX, SOCK_STREAM, 0, ends), "pipes");
	open_file();
	must(!pthread_create(&thread, NULL, hold, NULL) && !pthread_create(&thread, NULL, answer, NULL), "thread");
	printf("ready\n");
	fflush(stdout);
	/* Its functions are known before the time counts. */
	for (char c; read(0, &c, 1) == 1 && c != '\n';)
		do_spin(1);
	for (int i = 0; i < argc - 3 && i < KINDS_MAX; i++)
		must(!pthread_create(&threads[i], NULL, run, argv[i + 3]), "thread");
	for (int i = 0; i < argc - 3 && i < KINDS_MAX; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
