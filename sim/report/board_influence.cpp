#include "report/board_influence.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>

#include "report/board_answer.hpp"

namespace aifsim {
namespace {

std::size_t number_of(Metric metric) {  // among InfluenceFactors
  return metric == Metric::run_time ? 0 : metric == Metric::run_carbon ? 1 : 2;
}

double value_of(const ProposalComparison& c, std::size_t i, Metric metric) {
  return c.proposals[i].best.figures.metrics[metric].value;
}

double factor_of(const Influence& row, const InfluenceEnd& end, std::size_t proposal, Metric metric) {
  for (std::size_t k = 0; k < row.proposals.size(); ++k)
    if (row.proposals[k] == proposal) return end.factors[k][number_of(metric)];
  return 1;
}

struct Lead {
  std::optional<double> lead;
  std::size_t next = 0;  // the best one's own index where no other has an answer
};

Lead lead_at(const ProposalComparison& c, const Standing& s, Metric metric, const Influence& row,
             const InfluenceEnd& end) {
  const std::size_t best = s.order.front();
  const double own = factor_of(row, end, best, metric);
  if (s.order.size() == 1) return {std::isnan(own) ? std::nullopt : std::optional(own - 1), best};
  Lead least{std::numeric_limits<double>::infinity(), best};
  for (std::size_t k = 1; k < s.order.size(); ++k) {
    const std::size_t i = s.order[k];
    const double factor = factor_of(row, end, i, metric);
    const double lead =
        value_of(c, i, metric) * factor / (value_of(c, best, metric) * (std::isnan(own) ? 1 : own)) - 1;
    if (lead < *least.lead) least = {lead, i};
  }
  if (std::isnan(own)) return {std::nullopt, least.next};
  // No other runs any longer: as far ahead as it was.
  if (!std::isfinite(*least.lead))
    least.lead = value_of(c, s.order[1], metric) / value_of(c, best, metric) - 1;
  return least;
}

}  // namespace

std::optional<Tornado> tornado(const ProposalComparison& c, std::size_t work, Metric metric) {
  const Standing s = standing(c, work, metric);
  if (s.order.empty() || !(value_of(c, s.order.front(), metric) > 0)) return std::nullopt;
  Tornado t;
  t.work = work;
  t.metric = metric;
  t.best = s.order.front();
  t.next = s.order.size() > 1 ? s.order[1] : t.best;
  t.lead = value_of(c, t.next, metric) / value_of(c, t.best, metric) - 1;
  for (std::size_t r = 0; r < c.influence.rows.size(); ++r) {
    const Influence& row = c.influence.rows[r];
    const Lead low = lead_at(c, s, metric, row, row.low), high = lead_at(c, s, metric, row, row.high);
    InfluenceBar bar{r, low.lead, high.lead, "", 0};
    if (s.order.size() > 1)
      for (const Lead& end : {low, high})
        if (end.lead ? *end.lead < 0 : end.next != t.best) bar.turns_to = c.proposals[end.next].title;
    const double own = t.best == t.next ? 0 : t.lead;
    const double at_low = bar.low.value_or(-1), at_high = bar.high.value_or(-1);
    bar.span = std::max({std::abs(at_low - own), std::abs(at_high - own), std::abs(at_low - at_high)});
    if (bar.span < 1e-6 && bar.low && bar.high) continue;
    t.turning += bar.turns() ? 1 : 0;
    t.bars.push_back(std::move(bar));
  }
  std::stable_sort(t.bars.begin(), t.bars.end(),
                   [](const InfluenceBar& a, const InfluenceBar& b) { return a.span > b.span; });
  return t;
}

std::string figure_words(const std::string& path) {
  std::size_t from = path.rfind('.');
  for (const char* block : {"communication.", "facility."})
    if (path.starts_with(block) && from + 1 == std::string_view(block).size())
      return figure_words(path.substr(from + 1));
  if (from != std::string::npos && from > 0) from = path.rfind('.', from - 1);
  std::string words = from == std::string::npos ? path : path.substr(from + 1);
  std::replace(words.begin(), words.end(), '.', ' ');
  std::replace(words.begin(), words.end(), '_', ' ');
  for (std::size_t open; (open = words.find('[')) != std::string::npos;)
    words.erase(open, words.find(']', open) - open + 1);
  return words;
}

}  // namespace aifsim
