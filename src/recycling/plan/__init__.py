"""From a study file to what each rule takes; imported by the Snakefile, so light."""
