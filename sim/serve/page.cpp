// The page: the bundle that sim/report/board/src/serve builds to.
#include "report/board_bundle.hpp"
#include "serve/page_bundle.hpp"
#include "serve/page_service.hpp"

namespace aifsim {

std::string page_html() {
  return std::string(
             "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
             "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
             "<link rel=\"icon\" href=\"data:,\">\n<title>aifsim</title>\n<style>") +
         serve_style +
         "</style></head>\n<body><div id=\"app\"><noscript><p>This page needs JavaScript. The same without "
         "it: aifsim "
         "compare SCENARIO</p></noscript></div>\n<script>" +
         serve_script + "</script>\n</body></html>\n";
}

// The report is shown in a frame of this page without an address of its own, so that the policy holds for it, too, and must
// let its script and styles in.
std::string page_policy() {
  return "default-src 'none'; script-src " + csp_hash(serve_script_sha256) + " " +
         csp_hash(board_script_sha256) + "; style-src " + csp_hash(serve_style_sha256) + " " +
         csp_hash(board_style_sha256) + " " + csp_hash(board_plot_style_sha256) +
         "; img-src data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
}

}  // namespace aifsim
