#!/bin/sh
# Prints one job for each service in $SERVICES, and a stage that tests them together.
set -eu

echo "jobs:"
for service in ${SERVICES:-}; do
  cat <<YAML
  - name: test-$service
    steps: ["make -C services/$service test"]
    artifacts: {coverage-$service: services/$service/coverage.xml}
    retry: 1
YAML
done
cat <<'YAML'
stages:
  - name: together
    jobs:
      - {name: contracts, steps: [make contracts], uses_artifacts: [services]}
YAML
