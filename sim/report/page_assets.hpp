// The frame of a report page, its style and its script.
#pragma once
#include <string>

namespace aifsim {

extern const char* const page_css;
extern const char* const page_script;

void put_page_head(std::string& out, const std::string& title);   // up to <body>
void put_page_end(std::string& out, const std::string& made_by);  // from </main> on; escaped already

}  // namespace aifsim
