# The modules of devices: _cuda for NVIDIA's GPUs, and _cuda_emulated, the same kernels compiled for the host.

# What kernels are compiled with: their formulas over single numbers, in their own namespace, and no multiply-add but
# where one is written, as on the CPU.
set(device_definitions NNFAST_ISA=cuda NNFAST_VECTOR_BYTES=0)

# A module of its own name, with the driver that a library has.
function(nnfast_device_module name driver)
  if(NOT TARGET nnfast_device)
    add_library(nnfast_device STATIC src/cpp/cuda/runtime/chains.cpp src/cpp/cuda/runtime/copies.cpp
      src/cpp/cuda/runtime/instructions.cpp src/cpp/cuda/runtime/program.cpp src/cpp/cuda/runtime/schedule.cpp
      src/cpp/runtime/iteration.cpp)
    target_link_libraries(nnfast_device PUBLIC nnfast_base)
  endif()
  pybind11_add_module(${name} MODULE NO_EXTRAS src/cpp/bindings/cuda/module.cpp)
  target_link_libraries(${name} PRIVATE nnfast_device ${driver})
  target_compile_definitions(${name} PRIVATE NNFAST_MODULE=${name} NNFAST_VERSION="${PROJECT_VERSION}")
endfunction()

add_custom_target(device_modules)

if(NOT NNFAST_CUDA MATCHES "^(OFF|AUTO|ON)$")
  message(FATAL_ERROR "NNFAST_CUDA is OFF, AUTO or ON, got ${NNFAST_CUDA}")
endif()
if(NNFAST_CUDA MATCHES "AUTO|ON")
  include(CheckLanguage)
  if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
    set(CMAKE_CUDA_ARCHITECTURES ${NNFAST_CUDA_ARCHITECTURES})
  endif()
  check_language(CUDA)
  if(CMAKE_CUDA_COMPILER)
    enable_language(CUDA)
    set(CMAKE_CUDA_STANDARD 17)
    add_library(nnfast_gpu STATIC src/cpp/cuda/hardware/driver.cu)
    target_include_directories(nnfast_gpu PRIVATE src/cpp src/cpp/cuda/hardware)
    target_compile_definitions(nnfast_gpu PRIVATE ${device_definitions})
    # 1675, 186: pragmas for the host's compiler; whole numbers that are never negative.
    target_compile_options(nnfast_gpu PRIVATE -fmad=false --expt-relaxed-constexpr -diag-suppress=1675,186)
    set_target_properties(nnfast_gpu PROPERTIES CUDA_RUNTIME_LIBRARY Static)
    nnfast_device_module(_cuda nnfast_gpu)
    set_target_properties(_cuda PROPERTIES CUDA_RUNTIME_LIBRARY Static)
    add_dependencies(device_modules _cuda)
    install(TARGETS _cuda LIBRARY DESTINATION nnfast)
  elseif(NNFAST_CUDA STREQUAL "ON")
    message(FATAL_ERROR "NNFAST_CUDA=ON wants NVIDIA's compiler nvcc, on the PATH or where the environment variable "
      "CUDACXX says, and found none. CUDA's toolkit has it, and so has PyPI; docs/cuda.md says how.")
  endif()
endif()

if(NNFAST_CUDA_EMULATED)
  add_library(nnfast_emulation STATIC src/cpp/cuda/emulation/machine.cpp src/cpp/cuda/emulation/driver.cpp)
  target_link_libraries(nnfast_emulation PUBLIC nnfast_options)
  target_include_directories(nnfast_emulation PUBLIC src/cpp/cuda/emulation)
  nnfast_device_module(_cuda_emulated nnfast_emulation)
  # For this machine alone: without its own multiply-add each would be a call. Fast, whatever the rest is built for.
  set_source_files_properties(src/cpp/cuda/emulation/driver.cpp PROPERTIES COMPILE_DEFINITIONS "${device_definitions}"
    COMPILE_OPTIONS "-O2;-march=native;-Wno-unknown-pragmas")
  add_executable(nnfast_emulation_tests tests/cuda/emulation_test.cpp)
  target_link_libraries(nnfast_emulation_tests PRIVATE nnfast_emulation)
  add_dependencies(device_modules _cuda_emulated nnfast_emulation_tests)
endif()
