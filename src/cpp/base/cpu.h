// What this machine offers: instruction sets that both the CPU and the operating system support, and CPUs to run on.
#pragma once

#include <string>

namespace nnfast {

// Whether this machine runs an instruction set: "baseline" and "neon" where they are built, "avx2" (with FMA), "avx512"
// (F, DQ, BW and VL).
bool supports(const std::string& instruction_set);

// CPUs that the affinity mask and the cgroup quota let this process use, at least 1. The arguments are the quota's.
int allowed_cpus(const std::string& group_file = "/proc/self/cgroup",
                 const std::string& hierarchy_root = "/sys/fs/cgroup");

// The quota in CPUs, rounded up, or 0 where none is set: the least along the path from the process's control group, as
// the file names it, up to the root of the hierarchy; versions 1 and 2.
int cgroup_cpu_quota(const std::string& group_file, const std::string& hierarchy_root);

}  // namespace nnfast
