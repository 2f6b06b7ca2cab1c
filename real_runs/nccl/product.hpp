// A matrix product that computes beside a collective.
#pragma once
#include <cuda_runtime_api.h>

#include <memory>

namespace real_runs::nccl {

class Product {
 public:
  static constexpr int side = 4096;  // bf16, square
  Product();
  ~Product();
  Product(const Product&) = delete;
  Product& operator=(const Product&) = delete;
  void queue(cudaStream_t stream) const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace real_runs::nccl
