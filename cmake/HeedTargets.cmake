# What every target of heed is compiled with.
add_library(heed_options INTERFACE)
target_compile_features(heed_options INTERFACE c_std_17)
target_compile_definitions(heed_options INTERFACE _GNU_SOURCE)
target_include_directories(heed_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(heed_options INTERFACE
  -fvisibility=hidden
  -ffp-contract=off # bits must equal the reference traces
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
  -Wvla -Wdouble-promotion -Wundef
  $<$<BOOL:${HEED_WERROR}>:-Werror>
  $<$<BOOL:${HEED_NATIVE}>:-march=native>)
target_link_libraries(heed_options INTERFACE m)

# The sanitizers watch the library, the command and the tests alike; the first finding ends the program.
set(heed_sanitize ${HEED_SANITIZE})
if(HEED_FUZZ)
  if(NOT CMAKE_C_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "HEED_FUZZ needs clang: use the preset fuzz, or set CMAKE_C_COMPILER=clang")
  endif()
  list(APPEND heed_sanitize fuzzer-no-link address undefined)
endif()
if(heed_sanitize)
  list(REMOVE_DUPLICATES heed_sanitize)
  list(JOIN heed_sanitize "," heed_sanitize)
  target_compile_options(heed_options INTERFACE
    -fsanitize=${heed_sanitize} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(heed_options INTERFACE -fsanitize=${heed_sanitize})
endif()

if(HEED_COVERAGE)
  target_compile_options(heed_options INTERFACE --coverage)
  target_link_options(heed_options INTERFACE --coverage)
  add_custom_target(coverage
    COMMAND ${CMAKE_COMMAND} -E make_directory ${PROJECT_BINARY_DIR}/report
    COMMAND gcovr --root . --exclude tests/ --exclude bench/ --exclude examples/
      --exclude-unreachable-branches --print-summary
      --html-details ${PROJECT_BINARY_DIR}/report/index.html ${PROJECT_BINARY_DIR}
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
    COMMENT "coverage of the tests that have run, line by line in report/index.html"
    USES_TERMINAL VERBATIM)
endif()

# heed_add_folder(<name> SOURCES ... LINKS ...): the target heed_<name> of one folder. LINKS names the
# folders and libraries that it may use, and nothing else.
function(heed_add_folder name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINKS" ${ARGN})
  add_library(heed_${name} OBJECT ${arg_SOURCES})
  set_target_properties(heed_${name} PROPERTIES
    POSITION_INDEPENDENT_CODE ON C_STANDARD 17 C_EXTENSIONS ON)
  target_link_libraries(heed_${name} PUBLIC heed_options ${arg_LINKS})
  set_property(GLOBAL APPEND PROPERTY HEED_FOLDERS heed_${name})
  list(FILTER arg_LINKS EXCLUDE REGEX "^heed_")
  set_property(GLOBAL APPEND PROPERTY HEED_EXTERNALS ${arg_LINKS})
endfunction()

# heed_add_test(<folder>/<file> [ALLOCATIONS] [SOURCES ...] [LINKS ...] [LABELS ...] [TIMEOUT seconds]):
# tests/<folder>/<file>.c as a cmocka program under CTest; ALLOCATIONS: it includes core/allocations.h.
function(heed_add_test path)
  cmake_parse_arguments(arg "ALLOCATIONS" "TIMEOUT" "LINKS;LABELS;SOURCES" ${ARGN})
  get_filename_component(name ${path} NAME)
  add_executable(${name} ${PROJECT_SOURCE_DIR}/tests/${path}.c ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE heed_options heed_static PkgConfig::CMOCKA ${arg_LINKS})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  if(arg_ALLOCATIONS)
    target_link_options(${name} PRIVATE
      -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=reallocarray,--wrap=aligned_alloc)
  endif()
  # Assertions are part of what is tested, in release builds as well.
  target_compile_options(${name} PRIVATE -UNDEBUG)
  target_compile_definitions(${name} PRIVATE
    HEED_TEST_DATA="${PROJECT_SOURCE_DIR}/tests/data" HEED_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  add_test(NAME ${path} COMMAND ${name})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  set_tests_properties(${path} PROPERTIES TIMEOUT ${arg_TIMEOUT})
  if(arg_LABELS)
    set_tests_properties(${path} PROPERTIES LABELS "${arg_LABELS}")
  endif()
endfunction()
