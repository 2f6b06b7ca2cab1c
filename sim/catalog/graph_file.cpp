// The edges of a network from a CSV file: from, to, bandwidth and, where a pair has several, links.
#include <fmt/format.h>

#include <filesystem>
#include <sstream>

#include "base/csv.hpp"
#include "base/quote.hpp"
#include "base/user_file.hpp"
#include "catalog/fields.hpp"

namespace aifsim::catalog {

namespace {

constexpr std::int64_t kMostLinks = 100'000;
constexpr std::uint64_t kLargestGraph = 16 << 20;

// A column that says something which the network would not have.
void refuse_other_columns(const CsvReader& table) {
  for (const std::string& column : table.columns())
    if (column != "from" && column != "to" && column != "bandwidth" && column != "links")
      throw InputError(table.header_place(column),
                       fmt::format("unknown column {}; known: from, to, bandwidth, links", quote(column)));
}

GraphEdge edge_of(const CsvReader& table, const std::string& source) {
  GraphEdge edge;
  edge.from = table.cell("from");
  edge.to = table.cell("to");
  edge.place = table.place("from");
  const Place at = table.place("bandwidth");
  const ParsedQuantity bandwidth = parse_quantity(table.cell("bandwidth"), Dimension::data_rate);
  if (!bandwidth.error.empty()) throw InputError(at, "bandwidth: " + bandwidth.error);
  if (!(bandwidth.value > 0))
    throw InputError(at, "bandwidth: must be above 0, found " + quote(table.cell("bandwidth")));
  edge.bandwidth = {BytesPerSecond{bandwidth.value}, source, Confidence::assumed, at};
  if (const auto links = table.integer("links")) {
    if (*links < 1 || *links > kMostLinks)
      throw InputError(table.place("links"), fmt::format("links: must be from 1 to {}, found {}", kMostLinks,
                                                         quote(table.cell("links"))));
    edge.links = {static_cast<double>(*links), source, Confidence::assumed, table.place("links")};
  }
  return edge;
}

}  // namespace

std::string text_of_named_file(const Node& file_name) {
  const std::filesystem::path path =
      std::filesystem::path(file_name.place.file).parent_path() / file_name.text;
  return UserFile::open_regular(path, file_name.text, file_name.place, kLargestGraph).text();
}

void read_edges(Reader& reader, const Node& file_name, GraphDescription& graph) {
  if (!reader.text(file_name, graph.edges_file)) return;
  const std::filesystem::path path =
      std::filesystem::path(file_name.place.file).parent_path() / graph.edges_file;
  std::string text;
  try {
    text = text_of_named_file(file_name);
  } catch (const InputError& error) {
    for (const Problem& problem : error.problems())
      problem.place.file == file_name.place.file ? reader.problem(problem.place, problem.message)
                                                 : reader.problems.push_back(problem);
    return;
  }
  try {
    std::istringstream in(text);
    CsvReader table(in, path.string());
    for (const char* column : {"from", "to", "bandwidth"})
      if (!table.has(column))  // not told what it has instead: it may be any file
        throw InputError(
            {path.string(), 1, 1},
            fmt::format("the column {} is missing; expected a table (CSV) with the columns from, to, "
                        "bandwidth and, if wanted, links",
                        column));
    refuse_other_columns(table);
    while (table.next()) graph.edges.push_back(edge_of(table, path.string()));
    if (graph.edges.empty()) reader.problem(file_name.place, quote(path.string()) + " holds no edge");
  } catch (const InputError& error) {
    reader.problems.insert(reader.problems.end(), error.problems().begin(), error.problems().end());
  }
}

}  // namespace aifsim::catalog
