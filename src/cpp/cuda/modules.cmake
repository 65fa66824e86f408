# The modules of devices: _cuda for NVIDIA's GPUs, and _cuda_emulated, the same kernels compiled for the host.

# What kernels are compiled with: their formulas over single numbers, in their own namespace, and no multiply-add but
# where one is written, as on the CPU.
set(device_definitions NNFAST_ISA=cuda NNFAST_VECTOR_BYTES=0)

function(nnfast_device_module name)
  pybind11_add_module(${name} MODULE NO_EXTRAS src/cpp/bindings/cuda/module.cpp
    src/cpp/cuda/runtime/chains.cpp src/cpp/cuda/runtime/copies.cpp src/cpp/cuda/runtime/instructions.cpp
    src/cpp/cuda/runtime/program.cpp src/cpp/cuda/runtime/schedule.cpp)
  target_link_libraries(${name} PRIVATE nnfast_base)
  target_compile_definitions(${name} PRIVATE NNFAST_MODULE=${name} NNFAST_VERSION="${PROJECT_VERSION}")
endfunction()

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
    nnfast_device_module(_cuda)
    target_link_libraries(_cuda PRIVATE nnfast_gpu)
    set_target_properties(_cuda PROPERTIES CUDA_RUNTIME_LIBRARY Static)
    install(TARGETS _cuda LIBRARY DESTINATION nnfast)
  elseif(NNFAST_CUDA STREQUAL "ON")
    message(FATAL_ERROR "NNFAST_CUDA=ON wants nvcc: on the PATH, or where the environment variable CUDACXX says")
  endif()
endif()

if(NNFAST_CUDA_EMULATED)
  add_library(nnfast_emulation STATIC src/cpp/cuda/emulation/machine.cpp)
  target_link_libraries(nnfast_emulation PUBLIC nnfast_options)
  target_include_directories(nnfast_emulation PUBLIC src/cpp/cuda/emulation)
  nnfast_device_module(_cuda_emulated)
  target_sources(_cuda_emulated PRIVATE src/cpp/cuda/emulation/driver.cpp)
  target_link_libraries(_cuda_emulated PRIVATE nnfast_emulation)
  # For this machine alone: without its own multiply-add each would be a call.
  set_source_files_properties(src/cpp/cuda/emulation/driver.cpp PROPERTIES COMPILE_DEFINITIONS "${device_definitions}"
    COMPILE_OPTIONS "-march=native;-Wno-unknown-pragmas")
  add_executable(nnfast_emulation_tests tests/cuda/emulation_test.cpp)
  target_link_libraries(nnfast_emulation_tests PRIVATE nnfast_emulation)
endif()
