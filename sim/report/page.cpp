#include <fmt/format.h>

#include "report/chart.hpp"
#include "report/format.hpp"
#include "report/page_assets.hpp"

namespace aifsim {

void put_page_head(std::string& out, const std::string& title) {
  out += fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
      "script-src 'unsafe-inline'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
      "<title>{} - aifsim</title>\n<style>{}{}</style></head>\n<body>\n",
      escape(title), page_chart_css(), page_css);
}

void put_page_end(std::string& out, const std::string& made_by) {
  out += fmt::format(
      "</main><footer>{}</footer>\n<div id=\"tooltip\" role=\"status\" hidden></div>\n"
      "<script>{}</script>\n</body></html>\n",
      made_by, page_script);
}

}  // namespace aifsim
