// The style and the script of the report page.
#pragma once

namespace aifsim {

extern const char* const page_css;
extern const char* const page_script;

}  // namespace aifsim
