// The thread team: the only room that knows OpenMP.
#pragma once

namespace nnfast {

// Threads a parallel region will use: set_thread_count, else OMP_NUM_THREADS, else the CPUs that affinity and the
// cgroup quota allow; no more than OpenMP, where its number was lowered since. Always 1 in a forked child, where
// OpenMP's threads do not exist. Starts no thread.
int thread_count();

// This process, as one number for all modules, whenever they were loaded; costs no system call.
int process_number();

// Sets the number of threads for later regions; 0 returns to the default.
void set_thread_count(int threads);

// Runs body(context, thread, threads) on `threads` threads, the caller being thread 0, and returns when all have. With
// one thread no OpenMP construct is touched. body must not throw.
void parallel(int threads, void (*body)(void* context, int thread, int threads), void* context);

// Holds the team for one caller at a time; a caller that finds it taken gets false and runs on its own thread.
bool try_acquire_team();
void release_team();

// CPUs that affinity and the cgroup quota allow, as found when first asked.
int usable_cpus();

// What a thread does for a moment while it waits.
void relax();

// Name and version of the OpenMP runtime the extension was built with, such as "OpenMP 201511 (libgomp)".
const char* openmp_runtime();

}  // namespace nnfast
