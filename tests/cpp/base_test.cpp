// Threads, phases, quotas, and the floating-point environment that comes back as it was.
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <vector>

#include "base/cpu.h"
#include "base/float_environment.h"
#include "base/phases.h"
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
  for (const int threads : {1, 2, 3}) {
    std::vector<int> errors(static_cast<std::size_t>(threads));
    const auto body = [](void* context, int thread, int) {
      if (subnormals_are_kept()) ++static_cast<int*>(context)[thread];
    };
    parallel(threads, body, errors.data());
    for (int t = 0; t < threads; ++t) {
      check(errors[static_cast<std::size_t>(t)] == 0, "thread %d of %d keeps subnormals", t, threads);
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

struct PhasesRun {
  static constexpr Phases::Number end = 300;
  static constexpr index_t most = 7;
  Phases phases;
  std::atomic<int> done[end][2][most] = {};
  std::atomic<int> errors{0};

  // Two lists of pieces, the second sometimes empty; every tenth phase is left out.
  static std::array<index_t, 2> lists(Phases::Number phase) { return {phase % most + 1, phase % 3}; }
  static Phases::Number after(Phases::Number phase) { return (phase + 1) % 10 == 0 ? phase + 2 : phase + 1; }

  void check_done(Phases::Number phase, int times) {
    for (std::size_t list = 0; list < 2; ++list) {
      for (index_t piece = 0; piece < lists(phase)[list]; ++piece) errors += done[phase][list][piece] != times;
    }
  }
};

// Every piece of every phase is done once, after all of the phase before, whatever the number of threads.
void test_phases() {
  for (const int threads : {1, 2, 3, 8}) {
    const std::unique_ptr<PhasesRun> made(new PhasesRun{Phases(threads, PhasesRun::end, 2)});
    const auto body = [](void* context, int thread, int) {
      auto& run = *static_cast<PhasesRun*>(context);
      for (Phases::Number phase = run.phases.present(); phase < PhasesRun::end;) {
        const auto pieces = [&](std::size_t list, index_t first, index_t last) {
          if (phase > 1) run.check_done(phase % 10 == 1 ? phase - 2 : phase - 1, 1);
          for (index_t piece = first; piece < last; ++piece) ++run.done[phase][list][piece];
        };
        const auto next = [&] { return PhasesRun::after(phase); };
        phase = run.phases.take_part(thread, phase, PhasesRun::lists(phase), pieces, next);
      }
    };
    parallel(threads, body, made.get());
    for (Phases::Number phase = 1; phase < PhasesRun::end; ++phase) made->check_done(phase, phase % 10 == 0 ? 0 : 1);
    check(made->errors == 0, "%d threads: %d pieces not done once, or too early", threads, made->errors.load());
  }
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
  test_phases();
  test_quota();
  test_dispatch();
}

}  // namespace nnfast::test
