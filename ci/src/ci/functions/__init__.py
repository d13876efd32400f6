"""The functions of the module, by what they are about; `ci.main` puts them together."""
