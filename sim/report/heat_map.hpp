// Utilisation of links as a heat map: one strip per class of alike links, one cell per link or run of links.
#pragma once
#include <string>

#include "engine/timeline.hpp"

namespace aifsim {

std::string heat_map_svg(const Timeline& timeline);  // "" where no link carried anything

}  // namespace aifsim
