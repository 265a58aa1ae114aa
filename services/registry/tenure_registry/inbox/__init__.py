"""How do producers that don't call the API get a version registered, and who do they act as?"""
