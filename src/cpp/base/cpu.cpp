#include "base/cpu.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <thread>

#if defined(__x86_64__)
#include <cpuid.h>
#endif
#if defined(__linux__)
#include <sched.h>
#endif

namespace nnfast {

#if defined(__x86_64__)

namespace {

// The register state that the operating system saves for us; without it a supported instruction still faults.
unsigned enabled_state() {
  unsigned low, high;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

struct CpuFeatures {
  bool avx2, avx512;
};

CpuFeatures cpu_features() {
  unsigned a, b, c, d;
  constexpr unsigned fma = 1u << 12, osxsave = 1u << 27, avx = 1u << 28;
  if (!__get_cpuid(1, &a, &b, &c, &d)) return {false, false};
  if ((c & (fma | osxsave | avx)) != (fma | osxsave | avx)) return {false, false};
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return {false, false};
  constexpr unsigned avx2 = 1u << 5;
  constexpr unsigned avx512 = 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31;  // F, DQ, BW, VL
  constexpr unsigned ymm_state = 0x06, zmm_state = 0xe6;
  const unsigned state = enabled_state();
  const bool has_avx2 = (b & avx2) != 0 && (state & ymm_state) == ymm_state;
  return {has_avx2, has_avx2 && (b & avx512) == avx512 && (state & zmm_state) == zmm_state};
}

}  // namespace

bool supports(const std::string& instruction_set) {
  const CpuFeatures features = cpu_features();
  if (instruction_set == "avx2") return features.avx2;
  if (instruction_set == "avx512") return features.avx512;
  return true;
}

#else

// AArch64 always has NEON; elsewhere there is the baseline alone.
bool supports(const std::string&) { return true; }

#endif

namespace {

int divide_up(double quota, double period) { return std::max(1, static_cast<int>((quota + period - 1) / period)); }

// Each reads one directory's quota in CPUs, 0 where it sets none.
int quota_v2(const std::string& directory) {
  std::ifstream file(directory + "/cpu.max");
  double quota = 0, period = 0;  // "max 100000" fails to read as a number
  return file >> quota >> period && period > 0 ? divide_up(quota, period) : 0;
}

int quota_v1(const std::string& directory) {
  double quota = 0, period = 0;  // a quota of -1 is none
  std::ifstream(directory + "/cpu.cfs_quota_us") >> quota;
  std::ifstream(directory + "/cpu.cfs_period_us") >> period;
  return quota > 0 && period > 0 ? divide_up(quota, period) : 0;
}

int least_quota(const std::string& root, std::string group, int (*read)(const std::string&)) {
  int least = 0;
  while (true) {
    const int quota = read(root + group);
    if (quota > 0) least = least == 0 ? quota : std::min(least, quota);
    if (group.empty()) return least;
    group.erase(std::min(group.rfind('/'), group.size()));
  }
}

}  // namespace

int cgroup_cpu_quota(const std::string& group_file, const std::string& hierarchy_root) {
  std::ifstream groups(group_file);
  int least = 0;
  // Lines are "number:controllers:/group"; version 2 names no controllers.
  for (std::string line; std::getline(groups, line);) {
    std::istringstream fields(line);
    std::string number, controllers, group;
    std::getline(fields, number, ':');
    std::getline(fields, controllers, ':');
    std::getline(fields, group);
    if (group == "/" || group.empty() || group[0] != '/') group.clear();
    int quota = 0;
    if (controllers.empty()) {
      quota = least_quota(hierarchy_root, group, quota_v2);
    } else if (("," + controllers + ",").find(",cpu,") != std::string::npos) {
      quota = least_quota(hierarchy_root + "/cpu", group, quota_v1);
    }
    if (quota > 0) least = least == 0 ? quota : std::min(least, quota);
  }
  return least;
}

int allowed_cpus([[maybe_unused]] const std::string& group_file, [[maybe_unused]] const std::string& hierarchy_root) {
  int cpus = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) cpus = CPU_COUNT(&set);
  const int quota = cgroup_cpu_quota(group_file, hierarchy_root);
  if (quota > 0) cpus = std::min(cpus, quota);
#endif
  return cpus;
}

}  // namespace nnfast
