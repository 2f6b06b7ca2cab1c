// Well-formedness of SVG, judged by Boost's XML parser.
#pragma once
#include <boost/property_tree/xml_parser.hpp>
#include <sstream>
#include <string>
#include <vector>

namespace aifsim {

inline boost::property_tree::ptree parsed_xml(const std::string& xml) {
  std::istringstream in(xml);
  boost::property_tree::ptree tree;
  boost::property_tree::read_xml(in, tree);  // throws when the text is not well formed
  return tree;
}

inline std::vector<std::string> svgs_of(const std::string& html) {
  std::vector<std::string> svgs;
  for (std::size_t at = 0; (at = html.find("<svg", at)) != std::string::npos;) {
    const std::size_t end = html.find("</svg>", at) + 6;
    svgs.push_back(html.substr(at, end - at));
    at = end;
  }
  return svgs;
}

inline std::size_t occurrences(const std::string& text, const std::string& what) {
  std::size_t n = 0;
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += what.size()) ++n;
  return n;
}

}  // namespace aifsim
