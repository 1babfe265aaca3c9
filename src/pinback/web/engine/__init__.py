"""Pages of the engine alone: reports of shops that settle their events here, whether the market knows them or
not.
"""
