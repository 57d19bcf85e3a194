# GSL brings a CBLAS of its own, without optimisations, and names it on the link line, where it would
# answer in place of OpenBLAS. Whoever links PkgConfig::GSL gets OpenBLAS instead, before GSL: then it
# answers GSL's calls too, even where libgsl.so itself asks for libgslcblas.so.
get_target_property(heed_gsl_links PkgConfig::GSL INTERFACE_LINK_LIBRARIES)
list(FILTER heed_gsl_links EXCLUDE REGEX "gslcblas|OPENBLAS")
set_target_properties(PkgConfig::GSL PROPERTIES
  INTERFACE_LINK_LIBRARIES "PkgConfig::OPENBLAS;${heed_gsl_links}")
