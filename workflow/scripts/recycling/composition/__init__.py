"""The composition study: when do two adapters together know what neither knows alone?"""
