# The library, static and shared, made of all folders.
get_property(heed_folders GLOBAL PROPERTY HEED_FOLDERS)
get_property(heed_externals GLOBAL PROPERTY HEED_EXTERNALS)
list(REMOVE_DUPLICATES heed_externals)

# Installed headers mention GSL's generators; all else is used inside only.
set(heed_modules ${heed_externals})
list(FILTER heed_modules INCLUDE REGEX "^PkgConfig::")
list(REMOVE_ITEM heed_modules PkgConfig::GSL)
set(heed_internals ${heed_externals})
list(REMOVE_ITEM heed_internals PkgConfig::GSL ${heed_modules})

# Before 1.0 each minor version may break programs that were linked with the one before.
set(heed_soversion ${PROJECT_VERSION_MAJOR})
if(PROJECT_VERSION_MAJOR EQUAL 0)
  set(heed_soversion 0.${PROJECT_VERSION_MINOR})
endif()

foreach(kind STATIC SHARED)
  string(TOLOWER ${kind} lower)
  add_library(heed_${lower} ${kind})
  foreach(folder ${heed_folders})
    target_sources(heed_${lower} PRIVATE $<TARGET_OBJECTS:${folder}>)
  endforeach()
  set_target_properties(heed_${lower} PROPERTIES OUTPUT_NAME heed LINKER_LANGUAGE C
    VERSION ${PROJECT_VERSION} SOVERSION ${heed_soversion})
  target_include_directories(heed_${lower} INTERFACE
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/heed>)
  target_link_libraries(heed_${lower}
    PUBLIC PkgConfig::GSL
    PRIVATE ${heed_modules} $<BUILD_INTERFACE:heed_options> $<BUILD_INTERFACE:${heed_internals}>)
endforeach()
add_library(heed::heed ALIAS heed_shared)
add_library(heed::static ALIAS heed_static)

# A folder that forgot to name a library among its LINKS is found here, not by the first user.
if(NOT heed_sanitize)
  target_link_options(heed_shared PRIVATE LINKER:-z,defs)
endif()

# What the objects of an installed libheed.a still need, in any language that links it.
target_link_libraries(heed_static INTERFACE $<INSTALL_INTERFACE:m>)
target_link_options(heed_static INTERFACE $<INSTALL_INTERFACE:${OpenMP_C_FLAGS}>)
