# What `cmake --install` puts where: both libraries, the headers that heed.h includes, the CMake
# package, heed.pc, the command and its man page.
include(CMakePackageConfigHelpers)
set(heed_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/heed)

install(TARGETS heed_static heed_shared EXPORT heedTargets)
set_target_properties(heed_static PROPERTIES EXPORT_NAME static)
set_target_properties(heed_shared PROPERTIES EXPORT_NAME heed)
install(EXPORT heedTargets NAMESPACE heed:: DESTINATION ${heed_package_dir})

# Headers include each other as "core/status.h", so they keep their folders.
install(FILES heed.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/heed)
file(STRINGS heed.h heed_headers REGEX "^#include \"")
foreach(line ${heed_headers})
  string(REGEX REPLACE "^#include \"(.*)\".*" "\\1" header ${line})
  get_filename_component(folder ${header} DIRECTORY)
  install(FILES ${header} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/heed/${folder})
endforeach()

# heedConfig.cmake and heed.pc find again, by the same names, what the library was linked with.
set(heed_find_modules "")
set(heed_requires_private "")
foreach(target PkgConfig::GSL ${heed_modules})
  string(REPLACE "PkgConfig::" "" name ${target})
  string(APPEND heed_find_modules "heed_find(${name} ${heed_module_${name}})\n")
endforeach()
foreach(target ${heed_modules})
  string(REPLACE "PkgConfig::" "" name ${target})
  list(APPEND heed_requires_private ${heed_module_${name}})
endforeach()
# GSL last: its pkg-config file names a CBLAS that must not stand before OpenBLAS (HeedBlas.cmake).
list(APPEND heed_requires_private ${heed_module_GSL})
list(JOIN heed_requires_private ", " heed_requires_private)

configure_package_config_file(cmake/heedConfig.cmake.in heedConfig.cmake
  INSTALL_DESTINATION ${heed_package_dir}
  NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file(heedConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/heedConfig.cmake ${PROJECT_BINARY_DIR}/heedConfigVersion.cmake
  cmake/HeedBlas.cmake DESTINATION ${heed_package_dir})

# heed.pc finds its prefix from where it lies, so that an installed tree can be moved.
file(RELATIVE_PATH heed_pc_prefix
  ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
string(REGEX REPLACE "/$" "" heed_pc_prefix ${heed_pc_prefix})
configure_file(cmake/heed.pc.in heed.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/heed.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

install(TARGETS heed)
install(FILES docs/heed.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
