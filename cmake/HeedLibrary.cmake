# The library, static and shared, made of all folders.
get_property(heed_folders GLOBAL PROPERTY HEED_FOLDERS)
get_property(heed_externals GLOBAL PROPERTY HEED_EXTERNALS)
list(REMOVE_DUPLICATES heed_externals)
foreach(kind STATIC SHARED)
  string(TOLOWER ${kind} lower)
  add_library(heed_${lower} ${kind})
  foreach(folder ${heed_folders})
    target_sources(heed_${lower} PRIVATE $<TARGET_OBJECTS:${folder}>)
  endforeach()
  set_target_properties(heed_${lower} PROPERTIES OUTPUT_NAME heed LINKER_LANGUAGE C
    VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
  target_include_directories(heed_${lower} INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>)
  target_link_libraries(heed_${lower}
    PUBLIC PkgConfig::GSL
    PRIVATE $<BUILD_INTERFACE:heed_options> ${heed_externals})
endforeach()
