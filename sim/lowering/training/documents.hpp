// Documents shorter than the sequences that they are trained in.
//
//   L = min(X, s), X exponential of mean b      mean of L  m = b (1 - exp(-s/b)), which gives b
//   mean of squares          q = 2 b^2 (1 - exp(-s/b) (1 + s/b))
//   document of a token      q / m: as long as the one that a token stands in, on average
//   keys that a query sees   (b^2 (1 - exp(-w/b) (1 + w/b)) + w b (exp(-w/b) - exp(-s/b))) / m;    q / 2m without a window
//
// Blocks of w tokens that do not see each other are sequences of w tokens, with the same b.
//
//   s  tokens of a sequence    m  mean of a document, at most s    w  tokens of a window, at most s
//
// packed: sequences are filled with documents, attention stays within each (a block-diagonal mask, FlashAttention's
// cu_seqlens), so all tokens count. padded: a document stands alone in its sequence; all is computed of s tokens, m of
// them count.
// Assumption: lengths are exponential, longer documents are cut at s; packing loses nothing at a sequence's end; tiles of
// attention that documents fill in part cost nothing more; plain attention computes all scores. At m = s all are s long.
// Source: Krell et al. 2021 (arXiv:2107.02027) for packing without cross-contamination.
#pragma once
#include <optional>

#include "catalog/workload.hpp"

namespace aifsim {

class DocumentLengths {
 public:
  DocumentLengths(double mean, double sequence);
  double of_token() const { return 2 * keys(sequence_); }
  double keys(double window) const;                // causal
  DocumentLengths in_blocks(double tokens) const;  // of sequences cut into blocks of so many

 private:
  DocumentLengths(double mean, double sequence, double scale)
      : mean_(mean), sequence_(sequence), scale_(scale) {}
  double mean_, sequence_, scale_;  // scale: b; infinite where all are as long as the sequence
};

// Tokens of the block that a token stands in, on average, of s tokens cut into blocks of w; the last may be shorter.
double block_of_token(double s, double w);

// Lengths that attention is computed for: of packed documents; none where it is computed over whole sequences.
std::optional<DocumentLengths> packed_lengths(const TrainingDescription& training);
// Tokens that count, of those that are computed.
double useful_share(const TrainingDescription& training);

}  // namespace aifsim
