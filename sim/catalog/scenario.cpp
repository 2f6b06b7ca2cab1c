#include "catalog/scenario.hpp"

#include "catalog/words.hpp"

namespace aifsim {

const char* name_of(Fidelity fidelity) { return catalog::word_of(fidelity).data(); }
const char* name_of(Precision precision) { return catalog::word_of(precision).data(); }
const char* name_of(TrafficPattern pattern) { return catalog::word_of(pattern).data(); }

}  // namespace aifsim
