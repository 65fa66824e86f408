// Threads, barriers, quotas, and the floating-point environment that comes back as it was.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/cpu.h"
#include "base/float_environment.h"
#include "base/threads.h"
#include "check.h"

namespace nnfast::test {

namespace {

// Not folded by the compiler: what the processor makes of a subnormal now.
bool subnormals_are_kept() {
  volatile float smallest = std::numeric_limits<float>::min();
  volatile float half = smallest * 0.5f;
  return half * 2.0f == smallest;
}

void test_threads() {
  set_thread_count(3);
  check(thread_count() == 3, "3 threads set, %d used", thread_count());
  struct Shared {
    SpinBarrier barrier;
    std::vector<int> visits;
    std::vector<int> errors;
  };
  for (const int threads : {1, 2, 3}) {
    Shared shared{SpinBarrier(threads), std::vector<int>(static_cast<std::size_t>(threads)),
                  std::vector<int>(static_cast<std::size_t>(threads))};
    const auto body = [](void* context, int thread, int team) {
      auto& s = *static_cast<Shared*>(context);
      const auto me = static_cast<std::size_t>(thread);
      if (subnormals_are_kept()) ++s.errors[me];
      for (int round = 1; round <= 500; ++round) {
        s.visits[me] = round;
        s.barrier.wait();
        for (int other = 0; other < team; ++other) {
          if (s.visits[static_cast<std::size_t>(other)] != round) ++s.errors[me];
        }
        s.barrier.wait();
      }
    };
    parallel(threads, body, &shared);
    for (int t = 0; t < threads; ++t) {
      check(shared.visits[static_cast<std::size_t>(t)] == 500, "thread %d of %d did not run", t, threads);
      check(shared.errors[static_cast<std::size_t>(t)] == 0, "thread %d of %d: barrier or flush", t, threads);
    }
    check(subnormals_are_kept(), "parallel(%d) leaves subnormals flushed", threads);
  }
  check(try_acquire_team() && !try_acquire_team(), "the team is held once");
  release_team();
  check(try_acquire_team(), "the team is free again");
  release_team();

  const pid_t child = fork();
  if (child == 0) _exit(thread_count() == 1 ? 0 : 1);
  int status = 1;
  waitpid(child, &status, 0);
  check(status == 0, "a forked child uses more than one thread");
  check(thread_count() == 3, "the parent lost its threads");
  set_thread_count(0);
  check(thread_count() >= 1, "no thread by default");
}

void test_quota() {
  namespace fs = std::filesystem;
  std::string pattern = (fs::temp_directory_path() / "nnfast-XXXXXX").string();
  const fs::path root = mkdtemp(pattern.data());
  const auto write = [&](const fs::path& path, const char* text) {
    fs::create_directories((root / path).parent_path());
    std::ofstream(root / path) << text;
  };
  const auto quota = [&] { return cgroup_cpu_quota((root / "group").string(), root.string()); };
  check(quota() == 0, "no groups: %d", quota());
  write("group", "0::/pod/box\n");
  check(quota() == 0, "no files: %d", quota());
  write("pod/box/cpu.max", "max 100000\n");
  check(quota() == 0, "no limit: %d", quota());
  write("pod/cpu.max", "250000 100000\n");
  check(quota() == 3, "2.5 CPUs: %d", quota());
  write("pod/box/cpu.max", "50000 100000\n");
  check(quota() == 1, "half a CPU: %d", quota());
  write("group", "5:cpu,cpuacct:/box\n4:memory:/\n");
  write("cpu/cpu.cfs_quota_us", "-1\n");
  write("cpu/cpu.cfs_period_us", "100000\n");
  check(quota() == 0, "no limit, version 1: %d", quota());
  write("cpu/box/cpu.cfs_quota_us", "400000\n");
  write("cpu/box/cpu.cfs_period_us", "100000\n");
  check(quota() == 4, "4 CPUs, version 1: %d", quota());
  const auto allowed = [&] { return allowed_cpus((root / "group").string(), root.string()); };
  check(allowed() >= 1 && allowed() <= 4, "4 CPUs are the quota, %d are allowed", allowed());
  write("cpu/box/cpu.cfs_quota_us", "30000\n");
  check(allowed() == 1, "a third of a CPU is the quota, %d are allowed", allowed());
  fs::remove_all(root);
  check(allowed() == allowed_cpus("", ""), "no quota is a quota");
  check(allowed_cpus() >= 1, "no CPU allowed");
}

void test_dispatch() {
  const auto names = supported_instruction_sets();
  check(!names.empty() && supports(names[0]), "there is no instruction set");
  select_kernels("");
  check(names.back() == kernels().instruction_set, "the best is not the default");
  bool refused = false;
  try {
    select_kernels("no such set");
  } catch (const std::exception& error) {
    refused = std::string(error.what()).find(names.front()) != std::string::npos;
  }
  check(refused, "an unknown instruction set is accepted");
}

}  // namespace

void test_base() {
  check(subnormals_are_kept(), "subnormals are flushed from the start");
  test_threads();
  test_quota();
  test_dispatch();
}

}  // namespace nnfast::test
