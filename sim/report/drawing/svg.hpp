// The few SVG elements that the drawing of a machine is made of.
#pragma once
#include <string>
#include <string_view>

namespace aifsim {

struct PagePoint {
  double x = 0, y = 0;
};

struct Box {
  double x = 0, y = 0, width = 0, height = 0;
  PagePoint top() const { return {x + width / 2, y}; }
  PagePoint bottom() const { return {x + width / 2, y + height}; }
  PagePoint centre() const { return {x + width / 2, y + height / 2}; }
};

enum class Anchor { start, middle, end };

struct Stroke {
  std::string_view colour;
  double width = 1.5;
  double opacity = 1;
};

class Svg {
 public:
  void box(const Box& box, std::string_view fill, std::string_view stroke, double radius = 6);
  void box_with_text(const Box& box, std::string_view fill, std::string_view stroke, std::string_view text,
                     double size = 13);
  void line(PagePoint from, PagePoint to, const Stroke& stroke);
  // Leaves and arrives vertically; `bend` is how far it swings down (or up, when negative) on its way.
  void arc(PagePoint from, PagePoint to, double bend, const Stroke& stroke);
  void polygon(std::initializer_list<PagePoint> corners, std::string_view fill);
  void arrow_up(PagePoint tip, std::string_view colour);
  void text(PagePoint at, std::string_view text, double size, std::string_view colour = "#2b3440",
            Anchor anchor = Anchor::start, bool bold = false);

  // The whole document, on white.
  std::string document(double width, double height, std::string_view title) const;

 private:
  std::string body_;
};

}  // namespace aifsim
