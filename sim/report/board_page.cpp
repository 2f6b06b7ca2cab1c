// The page of `aifsim compare`: the bundle of sim/report/board around its data. The content security policy allows
// nothing but that bundle, by its hashes.
#include <fmt/format.h>

#include "report/board_answer.hpp"
#include "report/board_bundle.hpp"
#include "report/board_data.hpp"
#include "report/compare_report.hpp"
#include "report/format.hpp"

namespace aifsim {

std::string csp_hash(const std::string& sha256) {
  constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text = "'sha256-";
  unsigned bits = 0, count = 0;
  for (const char c : sha256) {
    bits = bits << 4 | static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10);
    for (count += 4; count >= 6; count -= 6) text += digits[bits >> (count - 6) & 63];
  }
  if (count > 0) text += digits[bits << (6 - count) & 63];
  while ((text.size() - 8) % 4 != 0) text += '=';
  return text + "'";
}

std::string compare_html(const ProposalComparison& c) {
  std::string data = board_data(c).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  for (std::size_t at = 0; (at = data.find('<', at)) != std::string::npos;) data.replace(at, 1, "\\u003c");
  std::string sentences;
  for (const std::string& sentence : board_answer(c)) sentences += "<p>" + escape(sentence) + "</p>\n";
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src {}; style-src "
      "{} {}; "
      "img-src data:; base-uri 'none'; form-action 'none'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
      "<title>{} - aifsim</title>\n<style>{}</style></head>\n"
      "<body><div id=\"board\"><noscript><h1>{}</h1><p>{}</p>\n{}"
      "<p>Tables and charts need JavaScript; result.json has the same figures.</p></noscript></div>\n"
      "<script type=\"application/json\" id=\"data\">{}</script>\n<script>{}</script>\n</body></html>\n",
      csp_hash(board_script_sha256), csp_hash(board_style_sha256), csp_hash(board_plot_style_sha256),
      escape(c.title), board_style, escape(c.title), escape(c.question), sentences, data, board_script);
}

}  // namespace aifsim
