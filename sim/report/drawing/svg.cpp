#include "report/drawing/svg.hpp"

#include <fmt/format.h>

#include <iterator>

namespace aifsim {
namespace {

std::string escaped(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    switch (c) {
      case '&':
        safe += "&amp;";
        break;
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '"':
        safe += "&quot;";
        break;
      default:
        if (static_cast<unsigned char>(c) >= 0x20) safe += c;  // XML allows no other control characters here
    }
  }
  return safe;
}

template <class... Args>
void add(std::string& body, fmt::format_string<Args...> format, Args&&... args) {
  fmt::format_to(std::back_inserter(body), format, std::forward<Args>(args)...);
  body += '\n';
}

}  // namespace

void Svg::box(const Box& b, std::string_view fill, std::string_view stroke, double radius) {
  add(body_,
      R"(<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="{:.1f}" fill="{}" stroke="{}"/>)",
      b.x, b.y, b.width, b.height, radius, fill, stroke);
}

void Svg::box_with_text(const Box& b, std::string_view fill, std::string_view stroke, std::string_view label,
                        double size) {
  box(b, fill, stroke);
  text({b.centre().x, b.centre().y + size * 0.35}, label, size, "#2b3440", Anchor::middle);
}

void Svg::line(PagePoint from, PagePoint to, const Stroke& stroke) {
  add(body_,
      R"(<path d="M{:.1f} {:.1f}L{:.1f} {:.1f}" fill="none" stroke="{}" stroke-width="{:.1f}" opacity="{:.2f}"/>)",
      from.x, from.y, to.x, to.y, stroke.colour, stroke.width, stroke.opacity);
}

void Svg::arc(PagePoint from, PagePoint to, double bend, const Stroke& stroke) {
  add(body_,
      R"(<path d="M{:.1f} {:.1f}C{:.1f} {:.1f} {:.1f} {:.1f} {:.1f} {:.1f}" fill="none" stroke="{}" stroke-width="{:.1f}" opacity="{:.2f}"/>)",
      from.x, from.y, from.x, from.y + bend, to.x, to.y + bend, to.x, to.y, stroke.colour, stroke.width,
      stroke.opacity);
}

void Svg::polygon(std::initializer_list<PagePoint> corners, std::string_view fill) {
  std::string points;
  for (const PagePoint& p : corners) fmt::format_to(std::back_inserter(points), "{:.1f},{:.1f} ", p.x, p.y);
  add(body_, R"(<polygon points="{}" fill="{}"/>)", points, fill);
}

void Svg::arrow_up(PagePoint tip, std::string_view colour) {
  polygon({tip, {tip.x - 4, tip.y + 8}, {tip.x + 4, tip.y + 8}}, colour);
}

void Svg::text(PagePoint at, std::string_view text, double size, std::string_view colour, Anchor anchor,
               bool bold) {
  constexpr const char* anchors[] = {"start", "middle", "end"};
  add(body_, R"(<text x="{:.1f}" y="{:.1f}" font-size="{:.1f}" fill="{}" text-anchor="{}"{}>{}</text>)", at.x,
      at.y, size, colour, anchors[static_cast<int>(anchor)], bold ? R"( font-weight="600")" : "",
      escaped(text));
}

std::string Svg::document(double width, double height, std::string_view title) const {
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" width=\"{0:.0f}\" "
      "height=\"{1:.0f}\" "
      "font-family=\"system-ui, 'DejaVu Sans', sans-serif\" role=\"img\">\n<title>{2}</title>\n"
      "<rect width=\"{0:.0f}\" height=\"{1:.0f}\" fill=\"#ffffff\"/>\n{3}</svg>\n",
      width, height, escaped(title), body_);
}

}  // namespace aifsim
