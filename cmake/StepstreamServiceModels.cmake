# STEPSTREAM_SERVICE_MODELS: the folder with the AWS service models that the build reads facts from; nothing of them is kept in
# the repository. By default cmake/service_models installs them once for all build folders; where that fails (no network) it is
# empty, and what is made from them knows no service.
set(STEPSTREAM_SERVICE_MODELS "" CACHE PATH "Folder `data` of botocore; empty: installed from the package index")
set(SERVICE_MODELS "${STEPSTREAM_SERVICE_MODELS}")
if(NOT SERVICE_MODELS)
  execute_process(
    COMMAND ${CMAKE_SOURCE_DIR}/cmake/service_models ${CMAKE_SOURCE_DIR}/build/.python ${Python3_EXECUTABLE}
    OUTPUT_VARIABLE SERVICE_MODELS ERROR_VARIABLE service_models_problem
    OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE service_models_result)
  if(NOT service_models_result EQUAL 0)
    set(SERVICE_MODELS "")
    message(STATUS "AWS service models: none, mocked results will be checked for no service: ${service_models_problem}")
  endif()
endif()
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
  ${CMAKE_SOURCE_DIR}/cmake/service_models ${CMAKE_SOURCE_DIR}/cmake/service_models.txt)
