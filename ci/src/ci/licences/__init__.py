"""The gate `licences`: under which licences the packages of locks are, held against what is allowed and denied."""
