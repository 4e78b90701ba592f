// A thread that burns time below code that throws and catches, while the first thread does so in a signal handler.
// threads SECONDS
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/time.h>
#include <thread>

static volatile unsigned long sink;
static volatile bool done;

extern "C" __attribute__((noipa)) void burn(unsigned long rounds)
{
	unsigned long sum = rounds;
	for (unsigned long i = 0; i < rounds; i++)
		sum = sum * 2862933555777941757ul + i;
	sink += sum;
}

__attribute__((noipa)) static void may_throw(int i)
{
	burn(50000);
	if (i % 100 == 0)
		throw std::runtime_error("now");
	sink++;
}

extern "C" __attribute__((noipa)) void on_signal(int)
{
	burn(400000);
	sink++;
}

int main(int argc, char **argv)
{
	double seconds = argc > 1 ? atof(argv[1]) : 1;
	std::thread worker([] {
		prctl(PR_SET_NAME, "worker");
		for (int i = 0; !done; i++) {
			try {
				may_throw(i);
			} catch (const std::exception &) {
				sink++;
			}
		}
	});
	signal(SIGALRM, on_signal);
	itimerval every = { { 0, 5000 }, { 0, 5000 } };
	setitimer(ITIMER_REAL, &every, nullptr);
	time_t until = time(nullptr) + (time_t)seconds;
	while (time(nullptr) < until) {
		timespec pause = { 0, 1000000 };
		nanosleep(&pause, nullptr);
	}
	done = true;
	worker.join();
	return 0;
}
